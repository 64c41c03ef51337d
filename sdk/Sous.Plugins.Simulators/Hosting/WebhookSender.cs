using System.Net.Http.Headers;
using System.Threading.Channels;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>
/// Sends a simulated service's webhooks to the registered address, one after another, and again by the service's own waits;
/// twice, badly signed or out of order where the chaos asks for it. Safe to use from several threads.
/// </summary>
internal sealed class WebhookSender : IAsyncDisposable
{
    private const int MostAttempts = 5_000;

    private readonly Channel<Webhook> _outbox = Channel.CreateUnbounded<Webhook>();
    private readonly Queue<WebhookAttempt> _attempts = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HttpClient _http = OutgoingHttp.Create();
    private readonly ChaosGate _chaos;
    private readonly WebhookRules _rules;
    private readonly TimeProvider _clock;
    private readonly Task _sending;
    private Uri? _address;
    private int _sent;

    public WebhookSender(ChaosGate chaos, WebhookRules rules, TimeProvider clock)
    {
        (_chaos, _rules, _clock) = (chaos, rules, clock);
        _sending = Task.Run(SendAllAsync);
    }

    /// <summary>The address that is registered, to the letter; null sends nothing.</summary>
    public Uri? Address
    {
        get => Volatile.Read(ref _address);
        set => Volatile.Write(ref _address, value);
    }

    /// <summary>The newest tries, oldest first.</summary>
    public IReadOnlyList<WebhookAttempt> Attempts
    {
        get
        {
            lock (_gate)
            {
                return [.. _attempts];
            }
        }
    }

    /// <summary>Sent in its turn.</summary>
    public void Send(Webhook webhook) => _outbox.Writer.TryWrite(webhook);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _stop.Dispose();
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
            _attempts.Enqueue(new WebhookAttempt(webhook.Id, webhook.Type, webhook.OrderId, webhook.Retry, webhook.Forged, status));
            if (_attempts.Count > MostAttempts)
            {
                _attempts.Dequeue();
            }
        }

        if (!webhook.Forged && _rules.IsRetried(status) && webhook.Retry < _rules.Waits.Count)
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
        var signed = webhook.Forged ? (byte[])[.. webhook.Body.Span, (byte)' '] : webhook.Body;
        foreach (var (name, value) in _rules.Headers(webhook, address, signed))
        {
            request.Headers.Add(name, value);
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
        await Task.Delay(_rules.Waits[webhook.Retry], _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Send(webhook with { Retry = webhook.Retry + 1 });
    }
}
