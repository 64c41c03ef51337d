using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast.Api;
using Sous.Plugins.Simulators.Toast.Rendering;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast;

/// <summary>
/// Toast's webhooks of orders, each with the whole order: sent to the subscribed address one after another, signed over the body
/// and its own timestamp, and twice more where nobody answers, or with 404, 429 or a server's error. Safe to use from several threads.
/// </summary>
public sealed class ToastWebhooks : IAsyncDisposable
{
    private const string Type = "order_updated";

    private static readonly TimeSpan[] s_waits = [TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)];

    private readonly WebhookSender _sender;
    private readonly OrderBook _orders;
    private readonly string _secret;
    private readonly TimeProvider _clock;
    private int _made;

    internal ToastWebhooks(ChaosGate chaos, OrderBook orders, string secret, TimeProvider clock)
    {
        (_orders, _secret, _clock) = (orders, secret, clock);
        _sender = new WebhookSender(chaos, new WebhookRules(s_waits, static status => status is 0 or 404 or 429 or >= 500, HeadersOf), clock);
    }

    /// <summary>The address that is subscribed; null sends nothing.</summary>
    public Uri? Address
    {
        get => _sender.Address;
        set => _sender.Address = value;
    }

    /// <summary>The newest tries, oldest first.</summary>
    public IReadOnlyList<WebhookAttempt> Attempts => _sender.Attempts;

    /// <summary>The webhook that tells of an order: its body, and its headers by name.</summary>
    /// <param name="order">The order.</param>
    /// <exception cref="ArgumentException">There is no such order.</exception>
    public (ReadOnlyMemory<byte> Body, IReadOnlyDictionary<string, string> Headers) Make(string order)
    {
        var webhook = Render(order);
        return (webhook.Body, HeadersOf(webhook, webhook.Body).ToDictionary(StringComparer.OrdinalIgnoreCase));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _sender.DisposeAsync();

    /// <summary>Sends what happened to an order, where an address is subscribed.</summary>
    internal void Tell(string order)
    {
        if (Address is not null)
        {
            _sender.Send(Render(order));
        }
    }

    private IEnumerable<KeyValuePair<string, string>> HeadersOf(Webhook webhook, Uri address, ReadOnlyMemory<byte> signed) => HeadersOf(webhook, signed);

    private IEnumerable<KeyValuePair<string, string>> HeadersOf(Webhook webhook, ReadOnlyMemory<byte> signed)
    {
        using var body = JsonDocument.Parse(webhook.Body);
        var timestamp = body.RootElement.GetProperty("timestamp").GetString() ?? "";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(_secret), (byte[])[.. signed.Span, .. Encoding.UTF8.GetBytes(timestamp)]);
        yield return new("Toast-Signature", Convert.ToBase64String(signature));
        yield return new("Toast-Event-Type", Type);
        yield return new("Toast-Attempt-Number", (webhook.Retry + 1).ToString(CultureInfo.InvariantCulture));
        yield return new(ToastRoutes.RestaurantHeader, body.RootElement.GetProperty("details").GetProperty("restaurantGuid").GetString() ?? "");
    }

    private Webhook Render(string order)
    {
        var timestamp = _clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var id = Guids.Of($"event {order} {timestamp}", Interlocked.Increment(ref _made));
        return _orders.Find(order, byPayment: false, draft => draft is null
            ? throw new ArgumentException($"There is no order {order}.", nameof(order))
            : new Webhook(id, Type, draft.Guid, ToastAnswer.Render(json => Write(json, draft, id, timestamp))));
    }

    private static void Write(Utf8JsonWriter json, OrderDraft order, string id, string timestamp)
    {
        json.WriteStartObject();
        json.WriteString("timestamp", timestamp);
        json.WriteString("eventCategory", "order");
        json.WriteString("eventType", Type);
        json.WriteString("guid", id);
        json.WriteStartObject("details");
        json.WriteString("restaurantGuid", order.At.Guid);
        json.WritePropertyName("order");
        OrderJson.Write(json, order);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
