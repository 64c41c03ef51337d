using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>The signature of Standard Webhooks: HMAC-SHA256 over id, timestamp and body, by each key that signs at the time.</summary>
internal static class WebhookSignature
{
    public static string Timestamp(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>The header's value: <c>v1,BASE64</c> for each key, separated by spaces.</summary>
    public static string Sign(string id, string timestamp, ReadOnlySpan<byte> body, IEnumerable<byte[]> keys)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        return string.Join(' ', keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed))));
    }
}
