using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>One attempt to connect, from the platform's wish to the connection. Of its secrets it holds hashes and ciphertext only.</summary>
internal sealed record ConnectSession
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);

    public static readonly RegistryCollection<ConnectSession> Collection =
        new("connect_sessions", static session => session.Id, AuthorizationJson.Default.ConnectSession);

    public required string Id { get; init; }

    public required TenantId Tenant { get; init; }

    public required DriverId Driver { get; init; }

    public ConnectSessionStatus Status { get; init; }

    /// <summary>Why it came to nothing, one plain sentence.</summary>
    public string? Cause { get; init; }

    public CompletionMode Completion { get; init; }

    /// <summary>The platform's own id of the user who asked, whom <c>complete</c> must name again.</summary>
    public string? Initiator { get; init; }

    /// <summary>Id of a registered return address.</summary>
    public string? ReturnTo { get; init; }

    public JsonElement Settings { get; init; } = JsonElement.Parse("{}");

    /// <summary>The connection to renew, or, once completed, the one that was made.</summary>
    public ConnectionId? Connection { get; init; }

    /// <summary>Hash of the secret half of the page's token.</summary>
    public required string TokenHash { get; init; }

    /// <summary>The authorization request that is out, by its state's hash; only the newest counts.</summary>
    public string? Request { get; init; }

    public HeldCode? Held { get; init; }

    /// <summary>What another account granted, with <see cref="ConnectSessionStatus.AccountMismatch"/>; while it is being redeemed: what was confirmed.</summary>
    public HeldGrant? Grant { get; init; }

    /// <summary>Once completed: scopes that were asked for and not granted.</summary>
    public IReadOnlyList<string> MissingScopes { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    [JsonIgnore]
    public bool IsOver => Status >= ConnectSessionStatus.Completed;

    /// <summary>When it ends by itself if nobody does anything.</summary>
    [JsonIgnore]
    public DateTimeOffset EndsBy => Status switch
    {
        ConnectSessionStatus.Started => ExpiresAt + AuthorizationRequest.Life,
        ConnectSessionStatus.CodeHeld when Held is { } held => held.ExpiresAt,
        ConnectSessionStatus.AccountMismatch when Grant is { } grant => grant.Until,
        _ => ExpiresAt,
    };

    /// <summary>Ends it, and destroys what it held.</summary>
    public ConnectSession End(ConnectSessionStatus status, string? cause = null)
        => this with { Status = status, Cause = cause, Request = null, Held = null, Grant = null };

    /// <summary>The session as it is from that instant on: the same, ended, or, with null, forgotten.</summary>
    public ConnectSession? At(DateTimeOffset now) => this switch
    {
        { IsOver: true } => now - ExpiresAt > s_kept ? null : this,
        { Status: ConnectSessionStatus.Redeeming } => this,
        _ when now < EndsBy => this,
        { Status: ConnectSessionStatus.CodeHeld } => End(ConnectSessionStatus.Abandoned, "It was not completed in time; the code was destroyed."),
        { Status: ConnectSessionStatus.AccountMismatch } => End(ConnectSessionStatus.Abandoned, "Another account consented, and nobody confirmed it in time; its grant is withdrawn."),
        _ => End(ConnectSessionStatus.Expired),
    };
}
