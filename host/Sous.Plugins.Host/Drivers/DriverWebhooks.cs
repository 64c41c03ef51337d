namespace Sous.Plugins.Host.Drivers;

/// <summary>How a driver's webhooks come here; null where it takes none.</summary>
internal delegate ValueTask<DriverWebhookView?> DriverWebhooks(DriverRow row, CancellationToken cancellationToken);
