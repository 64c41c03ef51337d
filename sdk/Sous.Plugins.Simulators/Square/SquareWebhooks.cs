using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
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
    private const int MostAttempts = 5_000;
    private static readonly int[] s_waitMinutes = [1, 2, 4, 8, 16, 32, 60, 120, 240, 480, 480];

    private readonly Channel<Webhook> _outbox = Channel.CreateUnbounded<Webhook>();
    private readonly Queue<SquareWebhookAttempt> _attempts = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HttpClient _http = OutgoingHttp.Create();
    private readonly ChaosGate _chaos;
    private readonly string _key;
    private readonly int _seed;
    private readonly TimeProvider _clock;
    private readonly Task _sending;
    private Uri? _address;
    private int _made;
    private int _sent;

    internal SquareWebhooks(ChaosGate chaos, string key, int seed, TimeProvider clock)
    {
        (_chaos, _key, _seed, _clock) = (chaos, key, seed, clock);
        _sending = Task.Run(SendAllAsync);
    }

    /// <summary>The address that is registered, to the letter; null sends nothing.</summary>
    public Uri? Address
    {
        get => Volatile.Read(ref _address);
        set => Volatile.Write(ref _address, value);
    }

    /// <summary>The newest tries, oldest first.</summary>
    public IReadOnlyList<SquareWebhookAttempt> Attempts
    {
        get
        {
            lock (_gate)
            {
                return [.. _attempts];
            }
        }
    }

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
        _outbox.Writer.TryWrite(new Webhook(id, type, orderId, Render(id, type, data), 0, false));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _stop.Dispose();
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

    private async Task SendAllAsync()
    {
        var waiting = new List<Webhook>();
        while (await _outbox.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
        {
            waiting.Clear();
            while (_outbox.Reader.TryRead(out var webhook))
            {
                waiting.Add(webhook);
            }

            if (_chaos.Setting.ReorderWebhooks)
            {
                waiting.Reverse();
            }

            foreach (var webhook in waiting)
            {
                await SendWithChaosAsync(webhook).ConfigureAwait(false);
            }
        }
    }

    private async Task SendWithChaosAsync(Webhook webhook)
    {
        var chaos = _chaos.Setting;
        _sent++;
        if (Hits(chaos.ForgedWebhookEvery))
        {
            await SendAsync(webhook with { Id = $"{webhook.Id}-forged", Forged = true }).ConfigureAwait(false);
        }

        await SendAsync(webhook).ConfigureAwait(false);
        if (Hits(chaos.DuplicateWebhookEvery))
        {
            await SendAsync(webhook).ConfigureAwait(false);
        }
    }

    private bool Hits(int every) => every > 0 && _sent % every == 0;

    private async Task SendAsync(Webhook webhook)
    {
        if (Address is not { } address)
        {
            return;
        }

        var status = await PostAsync(address, webhook).ConfigureAwait(false);
        lock (_gate)
        {
            _attempts.Enqueue(new SquareWebhookAttempt(webhook.Id, webhook.Type, webhook.OrderId, webhook.Retry, webhook.Forged, status));
            if (_attempts.Count > MostAttempts)
            {
                _attempts.Dequeue();
            }
        }

        if (!webhook.Forged && status is < 200 or > 299 && webhook.Retry < s_waitMinutes.Length)
        {
            _ = RetryAsync(webhook);
        }
    }

    private async Task<int> PostAsync(Uri address, Webhook webhook)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new ReadOnlyMemoryContent(webhook.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        var signature = Sign(address, webhook.Forged ? [.. webhook.Body.Span, (byte)' '] : webhook.Body.Span);
        request.Headers.Add("x-square-hmacsha256-signature", signature);
        request.Headers.Add("square-environment", "Production");
        if (webhook.Retry > 0)
        {
            request.Headers.Add("square-retry-number", webhook.Retry.ToString(System.Globalization.CultureInfo.InvariantCulture));
            request.Headers.Add("square-retry-reason", "http_error");
        }

        try
        {
            using var response = await _http.SendAsync(request, _stop.Token).ConfigureAwait(false);
            return (int)response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !_stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    private async Task RetryAsync(Webhook webhook)
    {
        await Task.Delay(TimeSpan.FromMinutes(s_waitMinutes[webhook.Retry]), _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _outbox.Writer.TryWrite(webhook with { Retry = webhook.Retry + 1 });
    }

    private sealed record Webhook(string Id, string Type, string? OrderId, ReadOnlyMemory<byte> Body, int Retry, bool Forged);
}
