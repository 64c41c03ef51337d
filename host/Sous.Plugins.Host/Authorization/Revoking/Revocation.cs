using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Revoking;

/// <summary>A grant that is to be withdrawn, and records that are to go: an intent that outlives restarts until both are done.</summary>
internal sealed record Revocation
{
    public static readonly RegistryCollection<Revocation> Collection =
        new("revocations", static revocation => revocation.Connection.Value, AuthorizationJson.Default.Revocation);

    /// <summary>The connection, or an id of its own for tokens that never became one.</summary>
    public required ConnectionId Connection { get; init; }

    public required TenantId Tenant { get; init; }

    public required DriverId Driver { get; init; }

    public string? AccountId { get; init; }

    /// <summary>The change store has forgotten the connection's records.</summary>
    public bool RecordsGone { get; init; }

    /// <summary>Tries at the service so far.</summary>
    public int Tries { get; init; }

    public required DateTimeOffset NextTryAt { get; init; }

    /// <summary>Of tokens that are no connection's (any more), kept under an id of their own.</summary>
    public static Revocation OfTokens(ConnectionId id, TenantId tenant, DriverId driver, string? account, DateTimeOffset now)
        => new() { Connection = id, Tenant = tenant, Driver = driver, AccountId = account, RecordsGone = true, NextTryAt = now };
}
