using System.Collections.Concurrent;
using System.Globalization;
using Sous.Plugins.Simulators.Drive.Files;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Open channels, and the messages that Google posts to their addresses: an empty body, everything in headers.</summary>
internal sealed class ChannelBook : IAsyncDisposable
{
    private static readonly TimeSpan UsualLife = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, PushChannel> _channels = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Task> _senders = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = OutgoingHttp.Create();
    private readonly FileStore _store;
    private readonly DriveSimulatorOptions _options;
    private readonly TimeProvider _clock;

    public ChannelBook(FileStore store, DriveSimulatorOptions options, TimeProvider clock)
    {
        (_store, _options, _clock) = (store, options, clock);
        store.Changed += Tell;
    }

    public PushChannel Open(string id, string type, string address, string? token, long? expiration, TimeSpan longest, string log, string? fileId)
    {
        if (type is not ("web_hook" or "webhook"))
        {
            throw new DriveFault(400, "invalid", "Unknown channel type.", "type");
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || !(uri.Scheme == Uri.UriSchemeHttps || (_options.LoopbackChannels && uri.IsLoopback)))
        {
            throw new DriveFault(400, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS: " + address);
        }

        var now = _clock.GetUtcNow();
        var wanted = expiration is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : now + UsualLife;
        if (wanted <= now)
        {
            throw new DriveFault(400, "invalid", "Channel expiration is in the past.", "expiration");
        }

        var resource = fileId is null ? $"changes-{log}" : $"file-{fileId}";
        var channel = new PushChannel(id, resource, $"https://www.googleapis.com/drive/v3/{(fileId is null ? "changes" : "files/" + fileId)}?alt=json", uri, token, log, fileId, wanted < now + longest ? wanted : now + longest);
        if (!_channels.TryAdd(id, channel))
        {
            throw new DriveFault(400, "channelIdNotUnique", $"Channel id {id} not unique");
        }

        channel.Outbox.Writer.TryWrite("sync");
        _senders.Add(Task.Run(() => SendAsync(channel)));
        return channel;
    }

    public void Stop(string id, string resourceId)
    {
        if (!_channels.TryGetValue(id, out var channel) || channel.ResourceId != resourceId)
        {
            throw new DriveFault(404, "notFound", $"Channel '{id}' not found for project 'simulated'");
        }

        _channels.TryRemove(id, out _);
        channel.Outbox.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        _store.Changed -= Tell;
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_senders).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _stop.Dispose();
    }

    private void Tell(string log)
    {
        foreach (var channel in _channels.Values.Where(channel => channel.Log == log && channel.Expires > _clock.GetUtcNow()))
        {
            channel.Outbox.Writer.TryWrite(channel.FileId is null ? "change" : "update");
        }
    }

    private async Task SendAsync(PushChannel channel)
    {
        await foreach (var state in channel.Outbox.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, channel.Address) { Content = new ByteArrayContent([]) };
            message.Headers.Add("X-Goog-Channel-ID", channel.Id);
            message.Headers.Add("X-Goog-Channel-Expiration", channel.Expires.ToString("R", CultureInfo.InvariantCulture));
            message.Headers.Add("X-Goog-Message-Number", channel.NextNumber().ToString(CultureInfo.InvariantCulture));
            message.Headers.Add("X-Goog-Resource-ID", channel.ResourceId);
            message.Headers.Add("X-Goog-Resource-State", state);
            message.Headers.Add("X-Goog-Resource-URI", channel.ResourceUri);
            if (channel.Token is { } token)
            {
                message.Headers.Add("X-Goog-Channel-Token", token);
            }

            try
            {
                using var response = await _http.SendAsync(message, _stop.Token).ConfigureAwait(false);
            }
            catch (HttpRequestException)
            {
                // Google gives up on an address that does not answer, and so does this.
            }
        }
    }
}
