using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>What the operator needs to register a driver's webhooks, and whether they come.</summary>
internal sealed class WebhookViews(WebhookAddresses addresses, ClientRegistrations clients, IInbox inbox, WebhookWatch watch, WebhookTallies tallies, UntoldChanges untold)
{
    /// <returns>Null where the driver takes none, or opens push channels by itself.</returns>
    public async ValueTask<DriverWebhookView?> FindAsync(DriverRow row, CancellationToken cancellationToken)
    {
        if (!UntoldChanges.IsRegistered(row.Capabilities))
        {
            return null;
        }

        var address = await addresses.OfAsync(row.Id, cancellationToken);
        var isSet = clients.FindWebhookSecret(row.Id, out var setting) is not null;
        var unclaimed = await inbox.CountUnclaimedAsync(row.Id, cancellationToken);
        var tally = tallies.Of(row.Id);
        var found = await untold.CountAsync(row.Id, cancellationToken);
        var remedy = !isSet ? $"Set {setting} to what the service signs its webhooks with: until then they are answered 503 and sent again."
            : found is null ? null
            : tally.Refused > 0 ? $"Set {setting} to the signature key that the service shows for {address}, and see that the address is registered there to the letter."
            : unclaimed > 0 && tally.Astray == 0 ? $"Register {address} with the application that the connections were authorized for: what comes is of other accounts."
            : $"Register exactly {address} at the service for its orders and its catalogue, and set {setting} to the signature key that it shows for that address.";
        return new DriverWebhookView(address, remedy, unclaimed) { Refused = tally.Refused, Astray = tally.Astray, Untold = found, Silent = watch.CountSilent(row.Id) };
    }
}
