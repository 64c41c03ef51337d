using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>
/// Makes and reads addresses that are ready to be sent to an owner. They are made anew whenever an event is told, always the same,
/// and stored nowhere: what they say stands in them, under a MAC by a secret of the host's own.
/// </summary>
internal sealed class ReconnectLinks(HostSecrets secrets, IRegistry registry, PublicAddress address, IOptionsMonitor<AuthorizationOptions> options, TimeProvider clock)
{
    private const string SecretName = "reconnect";
    private const int MacLength = 43;

    private volatile byte[]? _key;

    /// <param name="returnTo">Where the owner comes back to; with null the one address that is registered.</param>
    /// <returns>
    /// Null where no browser helps, since the service is connected without one, and where it cannot be told where the owner is to come
    /// back to: nobody could complete what the link began.
    /// </returns>
    public async ValueTask<Uri?> FindAsync(ConnectionId connection, DateTimeOffset at, string? returnTo, CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(Connection.Collection, connection.Value, cancellationToken) is not { IsGone: false, Authorization: AuthorizationKind.OauthCode })
        {
            return null;
        }

        var registered = options.CurrentValue.ReturnAddresses;
        if ((returnTo ?? (registered.Count == 1 ? registered.Keys.Single() : null)) is not { } id || !registered.ContainsKey(id))
        {
            return null;
        }

        var text = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{connection}|{at.UtcTicks}|{id}")));
        return new Uri(address.ConnectPage($"again/{text}.{Sign(await ReadKeyAsync(cancellationToken), text)}"));
    }

    /// <returns>Null where it is none of ours, or has run out.</returns>
    public async ValueTask<ReconnectLink?> ReadAsync(string token, CancellationToken cancellationToken)
    {
        var end = token.Length - MacLength - 1;
        if (end < 1 || token[end] != '.' || !RandomText.Same(token[(end + 1)..], Sign(await ReadKeyAsync(cancellationToken), token[..end])))
        {
            return null;
        }

        // Nobody but this host wrote it, so it has the form that it gives it.
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.AsSpan(0, end))).Split('|', 3);
        var link = new ReconnectLink(new ConnectionId(parts[0]), new DateTimeOffset(long.Parse(parts[1], CultureInfo.InvariantCulture), TimeSpan.Zero), parts[2]);
        return clock.GetUtcNow() - link.At < ReconnectLink.Life ? link : null;
    }

    private static string Sign(byte[] key, string text) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"v1|{text}")));

    private async ValueTask<byte[]> ReadKeyAsync(CancellationToken cancellationToken) => _key ??= await secrets.ReadAsync(SecretName, cancellationToken);
}
