using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Webhooks.Channels;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>
/// The addresses that services send webhooks to. A key is a MAC by a secret of the host's own: nobody can guess one, it stays the
/// same for as long as the registry does, and a forged one is refused before anything is looked up.
/// </summary>
internal sealed class WebhookAddresses(HostSecrets secrets, PublicAddress address, ClientRegistrations clients, IRegistry registry)
{
    private const string SecretName = "webhooks";

    private volatile byte[]? _key;

    /// <summary>The address to register at the driver's service.</summary>
    public async ValueTask<Uri> OfAsync(DriverId driver, CancellationToken cancellationToken)
        => address.WebhookAddress(driver, Sign(await ReadKeyAsync(cancellationToken), "driver", driver, ""));

    /// <summary>A channel's own address, and the token that the service is to send along.</summary>
    public async ValueTask<(Uri Address, Secret Token)> OfAsync(WatchedChannel channel, CancellationToken cancellationToken)
    {
        var key = await ReadKeyAsync(cancellationToken);
        return (address.WebhookAddress(channel.Driver, channel.Id + Sign(key, "channel", channel.Driver, channel.Id)), TokenOf(key, channel));
    }

    /// <returns>Whose address it is, or null where it is none of ours.</returns>
    public async ValueTask<WebhookSource?> FindAsync(DriverId driver, string text, CancellationToken cancellationToken)
    {
        var key = await ReadKeyAsync(cancellationToken);
        if (RandomText.Same(text, Sign(key, "driver", driver, "")))
        {
            return new WebhookSource(driver, address.WebhookAddress(driver, text), clients.FindWebhookSecret(driver, out _), null);
        }

        var id = text.Length > WatchedChannel.IdLength ? text[..WatchedChannel.IdLength] : text;
        return RandomText.Same(text[id.Length..], Sign(key, "channel", driver, id))
            && await registry.FindAsync(WatchedChannel.Collection, id, cancellationToken) is { } channel && channel.Driver == driver
            ? new WebhookSource(driver, address.WebhookAddress(driver, text), TokenOf(key, channel), channel)
            : null;
    }

    private static Secret TokenOf(byte[] key, WatchedChannel channel) => new(Sign(key, "token", channel.Driver, channel.Id));

    private static string Sign(byte[] key, string what, DriverId driver, string id)
        => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"v1|{what}|{driver}|{id}")));

    private async ValueTask<byte[]> ReadKeyAsync(CancellationToken cancellationToken) => _key ??= await secrets.ReadAsync(SecretName, cancellationToken);
}
