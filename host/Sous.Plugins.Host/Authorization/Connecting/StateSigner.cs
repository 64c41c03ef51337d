using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>
/// Makes and checks <c>state</c>: 256 random bits, a dot, and a MAC over them, the driver and the browser's cookie. A forgery,
/// another driver's callback and another browser fail on the MAC, before anything is looked up.
/// </summary>
internal sealed class StateSigner(HostSecrets secrets)
{
    private const string SecretName = "state";
    private const int PartLength = 43;

    private volatile byte[]? _key;

    public async ValueTask<IssuedState> IssueAsync(DriverId driver, CancellationToken cancellationToken)
    {
        var key = _key ?? await ReadKeyAsync(cancellationToken);
        var random = RandomText.Secret();
        var cookie = RandomText.Secret();
        return new IssuedState($"{random}.{Sign(key, random, driver, cookie)}", CookieName(random), cookie);
    }

    /// <param name="readCookie">The browser's cookie of that name, or null.</param>
    public async ValueTask<bool> VerifyAsync(string state, DriverId driver, Func<string, string?> readCookie, CancellationToken cancellationToken)
    {
        if (state.Length != (2 * PartLength) + 1 || state[PartLength] != '.')
        {
            return false;
        }

        var key = _key ?? await ReadKeyAsync(cancellationToken);
        var random = state[..PartLength];
        // Compared as text: decoding would take several spellings of one value.
        return RandomText.Same(state[(PartLength + 1)..], Sign(key, random, driver, readCookie(CookieName(random)) ?? ""));
    }

    /// <summary>The cookie's name, without the prefix that https allows.</summary>
    public static string CookieName(string state) => $"sc-{RandomText.Hash(state[..PartLength])[..16]}";

    private static string Sign(byte[] key, string random, DriverId driver, string cookie)
        => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"v1|{random}|{driver}|{RandomText.Hash(cookie)}")));

    private async ValueTask<byte[]> ReadKeyAsync(CancellationToken cancellationToken) => _key = await secrets.ReadAsync(SecretName, cancellationToken);
}
