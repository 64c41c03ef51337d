using System.Globalization;
using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Audit;

/// <summary>Who did what, or was refused it. Appended in the very transaction that does it, so neither exists without the other.</summary>
internal sealed record AuditEntry
{
    /// <summary>To be read only: <see cref="AuditTrail"/> is who writes.</summary>
    public static readonly RegistryCollection<AuditEntry> Collection =
        new("audit_trail", static entry => KeyOf(entry.Sequence), AuditJson.Default.AuditEntry, cached: false);

    /// <summary>Its place in the trail: from 1, without a gap. 0 until it is appended.</summary>
    public long Sequence { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The id of a key, or <see cref="Host"/>, <see cref="Cli"/>, <see cref="Browser"/> or <see cref="Nobody"/>.</summary>
    public required string Actor { get; init; }

    /// <summary>Such as <c>key.created</c>.</summary>
    public required string Action { get; init; }

    public TenantId? Tenant { get; init; }

    /// <summary>The id of what it was done to.</summary>
    public string? Target { get; init; }

    /// <summary>A few plain words, free of secrets.</summary>
    public string? Detail { get; init; }

    /// <summary>The hash of the entry before; of the first, empty.</summary>
    public string? Previous { get; init; }

    /// <summary>SHA-256 over all that stands above, in hexadecimal; null until it is appended.</summary>
    public string? Hash { get; init; }

    /// <summary>Of the request that it belongs to, where its caller is who acts.</summary>
    [JsonIgnore]
    public AuditWitness? Witness { get; init; }

    /// <summary>The host itself.</summary>
    public const string Host = "host";

    /// <summary>The command line, on the host's own machine.</summary>
    public const string Cli = "cli";

    /// <summary>Whoever holds a connect link.</summary>
    public const string Browser = "browser";

    /// <summary>A caller without a known key.</summary>
    public const string Nobody = "nobody";

    public static AuditEntry Make(DateTimeOffset at, string actor, string action, TenantId? tenant = null, string? target = null, string? detail = null) => new()
    {
        At = at,
        Actor = actor,
        Action = action,
        Tenant = tenant,
        Target = target,
        Detail = detail,
        Witness = AuditWitness.Of(actor),
    };

    /// <summary>Sorts by place.</summary>
    public static string KeyOf(long sequence) => sequence.ToString("D19", CultureInfo.InvariantCulture);
}
