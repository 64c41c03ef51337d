using System.Globalization;
using System.Security.Cryptography;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Access;

/// <summary>Who did what, or was refused it. Put into the very transaction that does it, so neither exists without the other.</summary>
internal sealed record AuditEntry
{
    public static readonly RegistryCollection<AuditEntry> Collection =
        new("audit", static entry => entry.Id, AccessJson.Default.AuditEntry, cached: false);

    /// <summary>Sorts by time.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The id of a key, or <see cref="Host"/>, <see cref="Browser"/> or <see cref="Nobody"/>.</summary>
    public required string Actor { get; init; }

    /// <summary>Such as <c>key.created</c>.</summary>
    public required string Action { get; init; }

    public TenantId? Tenant { get; init; }

    /// <summary>The id of what it was done to.</summary>
    public string? Target { get; init; }

    /// <summary>A few plain words, free of secrets.</summary>
    public string? Detail { get; init; }

    /// <summary>The host itself.</summary>
    public const string Host = "host";

    /// <summary>Whoever holds a connect link.</summary>
    public const string Browser = "browser";

    /// <summary>A caller without a known key.</summary>
    public const string Nobody = "nobody";

    public static AuditEntry Make(DateTimeOffset at, string actor, string action, TenantId? tenant = null, string? target = null, string? detail = null) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"{at.UtcTicks:D19}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"),
        At = at,
        Actor = actor,
        Action = action,
        Tenant = tenant,
        Target = target,
        Detail = detail,
    };
}
