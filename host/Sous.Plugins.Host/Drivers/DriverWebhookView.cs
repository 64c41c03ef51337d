namespace Sous.Plugins.Host.Drivers;

/// <summary>How a driver's webhooks come here.</summary>
/// <param name="Address">To be registered at the service, to the letter.</param>
/// <param name="Remedy">What is missing, or null.</param>
/// <param name="Unclaimed">Events of accounts that nobody connected.</param>
internal sealed record DriverWebhookView(Uri Address, string? Remedy, long Unclaimed)
{
    /// <summary>Streams of connections whose webhooks came before and have stopped.</summary>
    public int Silent { get; init; }
}
