using System.Globalization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Events;

/// <summary>Something that happened to a tenant's connections or their records, for the platform to act on. Holds no secret.</summary>
internal sealed record PlatformEvent
{
    /// <summary>Not cached: they are many, and a reader who is up to date, as most are, needs the head alone.</summary>
    public static readonly RegistryCollection<PlatformEvent> Collection =
        new("events", static told => KeyOf(told.Tenant, told.Sequence), EventsJson.Default.PlatformEvent, cached: false);

    /// <summary>Given by the log at random, so that no other event ever has it, also not after a restore; null for one of before there were any.</summary>
    public string? Id { get; init; }

    /// <summary>Its place in the tenant's log, from 1; given by the log.</summary>
    public long Sequence { get; init; }

    /// <summary>Such as <c>connection.needs_reconnect</c>.</summary>
    public required string Type { get; init; }

    public required TenantId Tenant { get; init; }

    public required DateTimeOffset At { get; init; }

    public ConnectionId? Connection { get; init; }

    /// <summary>The connect session that it came of.</summary>
    public string? Session { get; init; }

    public DriverId? Driver { get; init; }

    /// <summary>The subscription that it is about.</summary>
    public string? Subscription { get; init; }

    /// <summary>One plain sentence.</summary>
    public string? Cause { get; init; }

    /// <summary>With <c>connection.needs_reconnect</c>: ready to be sent to the owner. Made whenever the event is told, and never stored.</summary>
    public Uri? ConnectAddress { get; init; }

    /// <summary>Who must act.</summary>
    public Actor? Actor { get; init; }

    /// <summary>The service's id of the account that consented, where it is another than before.</summary>
    public string? Account { get; init; }

    /// <summary>Scopes that were asked for and are not granted.</summary>
    public IReadOnlyList<string>? MissingScopes { get; init; }

    /// <summary>The location by the platform's own id, as in the feed.</summary>
    public string? Location { get; init; }

    /// <summary>The service's id of the location, where it is the location that the event is about.</summary>
    public string? ExternalId { get; init; }

    /// <summary>The stream, where it is a sync that the event is about.</summary>
    public string? Stream { get; init; }

    /// <summary>The id of the run that it came of.</summary>
    public string? Run { get; init; }

    /// <summary>The records by their ids, as in the feed.</summary>
    public IReadOnlyList<string>? Records { get; init; }

    /// <summary>The business day, where it is one that the event is about.</summary>
    public DateOnly? Day { get; init; }

    /// <summary>Whether that day ties out.</summary>
    public bool? Ties { get; init; }

    /// <summary>The figures of it that differ from the service's; null where none does.</summary>
    public IReadOnlyList<TieOutFigure>? Differences { get; init; }

    /// <summary>The figures of it that changed since it was closed, or last restated; null where none did.</summary>
    public IReadOnlyList<DayChange>? Changes { get; init; }

    public static string KeyOf(TenantId tenant, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{tenant}/{sequence:D19}");

    /// <summary>What the keys of <paramref name="block"/> begin with: a hundred in a row, for a store that lists by prefix.</summary>
    public static string PrefixOf(TenantId tenant, long block) => KeyOf(tenant, block * BlockSize)[..^2];

    public const int BlockSize = 100;
}
