using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast.Api;
using Sous.Plugins.Simulators.Toast.Rendering;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast;

/// <summary>Makes and sends Toast's webhooks, signed over the body and its own timestamp. Safe to use from several threads.</summary>
public sealed class ToastWebhooks
{
    private readonly OrderBook _orders;
    private readonly string _secret;
    private readonly TimeProvider _clock;

    internal ToastWebhooks(OrderBook orders, string secret, TimeProvider clock) => (_orders, _secret, _clock) = (orders, secret, clock);

    /// <summary>The webhook that tells of an order: its body, and its headers by name.</summary>
    /// <param name="order">The order.</param>
    /// <exception cref="ArgumentException">There is no such order.</exception>
    public (ReadOnlyMemory<byte> Body, IReadOnlyDictionary<string, string> Headers) Make(string order)
    {
        var timestamp = _clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var (body, restaurant) = _orders.Find(order, byPayment: false, draft => draft is null
            ? throw new ArgumentException($"There is no order {order}.", nameof(order))
            : (ToastAnswer.Render(json => Write(json, draft, timestamp)), draft.At.Guid));
        var signed = HMACSHA256.HashData(Encoding.UTF8.GetBytes(_secret), (byte[])[.. body.Span, .. Encoding.UTF8.GetBytes(timestamp)]);
        return (body, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["Toast-Signature"] = Convert.ToBase64String(signed),
            ["Toast-Event-Type"] = "order_updated",
            ["Toast-Attempt-Number"] = "1",
            [ToastRoutes.RestaurantHeader] = restaurant,
        });
    }

    /// <summary>Sends the webhook that tells of an order; what it is answered with is returned.</summary>
    /// <param name="to">The address that is subscribed.</param>
    /// <param name="order">The order.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">There is no such order.</exception>
    public async Task<HttpStatusCode> SendAsync(Uri to, string order, CancellationToken cancellationToken)
    {
        var (body, headers) = Make(order);
        using var client = OutgoingHttp.Create();
        using var request = new HttpRequestMessage(HttpMethod.Post, to)
        {
            Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return response.StatusCode;
    }

    private static void Write(Utf8JsonWriter json, OrderDraft order, string timestamp)
    {
        json.WriteStartObject();
        json.WriteString("timestamp", timestamp);
        json.WriteString("eventCategory", "order");
        json.WriteString("eventType", "order_updated");
        json.WriteString("guid", Guids.Of($"event {order.Guid} {timestamp}", 0));
        json.WriteStartObject("details");
        json.WriteString("restaurantGuid", order.At.Guid);
        json.WritePropertyName("order");
        OrderJson.Write(json, order);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
