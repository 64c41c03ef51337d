namespace Sous.Plugins.Host.Drivers;

/// <summary>How a driver's webhooks come here.</summary>
/// <param name="Address">To be registered at the service, to the letter.</param>
/// <param name="Remedy">What is missing, or null.</param>
/// <param name="Unclaimed">Events of accounts that nobody connected.</param>
internal sealed record DriverWebhookView(Uri Address, string? Remedy, long Unclaimed)
{
    /// <summary>Those that were not signed as they should be, since one was accepted.</summary>
    public long Refused { get; init; }

    /// <summary>Those that came to an address of the driver that is not this one, since one was accepted.</summary>
    public long Astray { get; init; }

    /// <summary>What says that webhooks do not come here; absent where they do, and where nothing has changed that they could have told of.</summary>
    public UntoldView? Untold { get; init; }

    /// <summary>Streams of connections whose webhooks came before and have stopped.</summary>
    public int Silent { get; init; }
}
