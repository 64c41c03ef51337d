using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square.Rendering;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square;

/// <summary>
/// Square's webhooks of what changes at the merchant: sent to the registered address one after another, signed over address and
/// body, and again by Square's own waits where they are not answered with 2xx. Safe to use from several threads.
/// </summary>
public sealed class SquareWebhooks : IAsyncDisposable
{
    private static readonly TimeSpan[] s_waits = [.. ((int[])[1, 2, 4, 8, 16, 32, 60, 120, 240, 480, 480]).Select(static minutes => TimeSpan.FromMinutes(minutes))];

    private readonly WebhookSender _sender;
    private readonly string _key;
    private readonly int _seed;
    private readonly TimeProvider _clock;
    private int _made;

    internal SquareWebhooks(ChaosGate chaos, string key, int seed, TimeProvider clock)
    {
        (_key, _seed, _clock) = (key, seed, clock);
        _sender = new WebhookSender(chaos, new WebhookRules(s_waits, static status => status is < 200 or > 299, HeadersOf), clock);
    }

    /// <summary>The address that is registered, to the letter; null sends nothing.</summary>
    public Uri? Address
    {
        get => _sender.Address;
        set => _sender.Address = value;
    }

    /// <summary>The newest tries, oldest first.</summary>
    public IReadOnlyList<WebhookAttempt> Attempts => _sender.Attempts;

    /// <summary>The signature of a body that is sent to an address.</summary>
    /// <param name="address">As it is registered.</param>
    /// <param name="body">The raw body.</param>
    public string Sign(Uri address, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(_key), (byte[])[.. Encoding.UTF8.GetBytes(address.AbsoluteUri), .. body]));
    }

    /// <summary>Sends what changed, where an address is registered.</summary>
    /// <param name="type">Such as <c>order.updated</c>.</param>
    /// <param name="orderId">The order that it is about, or null.</param>
    /// <param name="data">Writes the members of <c>data</c>: <c>type</c>, <c>id</c>, <c>object</c>.</param>
    internal void Tell(string type, string? orderId, Action<Utf8JsonWriter> data)
    {
        if (Address is null)
        {
            return;
        }

        var dice = Dice.For(_seed, 5, Interlocked.Increment(ref _made));
        var id = $"{dice.Text(8)}-{dice.Text(4)}-{dice.Text(12)}".ToLowerInvariant();
        _sender.Send(new Webhook(id, type, orderId, Render(id, type, data)));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _sender.DisposeAsync();

    private IEnumerable<KeyValuePair<string, string>> HeadersOf(Webhook webhook, Uri address, ReadOnlyMemory<byte> signed)
    {
        yield return new("x-square-hmacsha256-signature", Sign(address, signed.Span));
        yield return new("square-environment", "Production");
        if (webhook.Retry > 0)
        {
            yield return new("square-retry-number", webhook.Retry.ToString(CultureInfo.InvariantCulture));
            yield return new("square-retry-reason", "http_error");
        }
    }

    private byte[] Render(string id, string type, Action<Utf8JsonWriter> data)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("merchant_id", Restaurants.MerchantId);
            json.WriteString("type", type);
            json.WriteString("event_id", id);
            json.WriteString("created_at", SquareJson.Text(_clock.GetUtcNow().ToUnixTimeMilliseconds()));
            json.WriteStartObject("data");
            data(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
