using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>What came to the address that a driver's webhooks are registered for.</summary>
internal sealed record WebhookTally
{
    public static readonly RegistryCollection<WebhookTally> Collection =
        new("webhook_tallies", static tally => tally.Driver.Value, WebhooksJson.Default.WebhookTally);

    public required DriverId Driver { get; init; }

    /// <summary>When the last one came that was about a connection; as stored, up to an hour earlier. Null where none ever did.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }

    /// <summary>How many came since then that were not signed as they should be.</summary>
    public long Refused { get; init; }

    /// <summary>How many came since then to an address of the driver that is not the registered one.</summary>
    public long Astray { get; init; }
}
