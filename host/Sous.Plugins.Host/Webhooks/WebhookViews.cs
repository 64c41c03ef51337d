using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>What the operator needs to register a driver's webhooks.</summary>
internal sealed class WebhookViews(WebhookAddresses addresses, ClientRegistrations clients, IInbox inbox, WebhookWatch watch)
{
    /// <returns>Null where the driver takes none, or opens push channels by itself.</returns>
    public async ValueTask<DriverWebhookView?> FindAsync(DriverRow row, CancellationToken cancellationToken)
    {
        if (row.Capabilities?.Contains(DriverCapability.Webhooks) != true || row.Capabilities.Contains(DriverCapability.PushChannels))
        {
            return null;
        }

        var isSet = clients.FindWebhookSecret(row.Id, out var setting) is not null;
        return new DriverWebhookView(
            await addresses.OfAsync(row.Id, cancellationToken),
            isSet ? null : $"Set {setting} to what the service signs its webhooks with: until then they are answered 503 and sent again.",
            await inbox.CountUnclaimedAsync(row.Id, cancellationToken)) { Silent = watch.CountSilent(row.Id) };
    }
}
