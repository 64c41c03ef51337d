using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Tests.Webhooks;

/// <summary>A shop that sends webhooks. A body is <c>event|kind|account|location|record</c>, signed over address and body; with channels, known by a token instead.</summary>
internal sealed class HookedShop
{
    public const string Secret = "SOUSCANARY-shop-webhook-secret";

    private readonly Lock _gate = new();
    private readonly List<string> _channelCalls = [];

    public Shop Shop { get; } = new();

    public bool HasChannels { get; init; }

    /// <summary>How long a channel lives that is opened.</summary>
    public TimeSpan ChannelLife { get; set; } = TimeSpan.FromDays(1);

    public Func<ValueTask<ProbeResult>> Probe { get; set; } = static () => ValueTask.FromResult(new ProbeResult());

    /// <summary>Called by each opening, before it is answered.</summary>
    public Func<PushChannelRequest, Task> OnOpening { get; set; } = static _ => Task.CompletedTask;

    public List<PushChannelRequest> Opened { get; } = [];

    public int Probes { get; private set; }

    /// <summary><c>open ID</c> and <c>close ID</c>, in their order.</summary>
    public IReadOnlyList<string> ChannelCalls
    {
        get
        {
            lock (_gate)
            {
                return [.. _channelCalls];
            }
        }
    }

    public DriverAccess Access => HasChannels ? Shop.Access with { OpenAsync = (_, _, _) => ValueTask.FromResult(new DriverSession(Loaded, new Driver(this), new HttpClient())) } : Shop.Access;

    public LoadedDriver Loaded => new(
        Shop.Manifest ?? Shop.DefaultManifest,
        new Factory(this),
        1,
        "",
        HasChannels ? new HashSet<DriverCapability> { DriverCapability.Webhooks, DriverCapability.PushChannels } : new HashSet<DriverCapability> { DriverCapability.Webhooks });

    public static readonly DriverManifest FilesManifest = Shop.DefaultManifest with
    {
        Streams = [new StreamManifest { Name = "files", Scope = StreamScope.Connection, Schedule = "0 5 * * *", PageLimit = 2 }],
    };

    public static string Sign(Uri address, string body, string secret = Secret)
        => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(address.AbsoluteUri + body)));

    private void Note(string call)
    {
        lock (_gate)
        {
            _channelCalls.Add(call);
        }
    }

    private sealed class Factory(HookedShop shop) : IDriverFactory, IWebhookReceiver
    {
        public IDriver Create(DriverContext context) => new Driver(shop);

        public WebhookVerdict Verify(WebhookRequest request, Secret secret, DateTimeOffset now)
        {
            if (request.Body.Span.IndexOf("throw"u8) >= 0)
            {
                throw new InvalidOperationException("a defect");
            }

            var (given, expected) = shop.HasChannels
                ? (request.Headers.GetValueOrDefault("X-Token"), secret.Reveal())
                : (request.Headers.GetValueOrDefault("X-Signature"), Sign(request.RegisteredAddress, Encoding.UTF8.GetString(request.Body.Span), secret.Reveal()));
            return given == expected ? WebhookVerdict.Genuine : given == "old" ? WebhookVerdict.Stale : WebhookVerdict.Forged;
        }

        public IReadOnlyList<ServiceEvent> Read(WebhookRequest request)
        {
            var text = Encoding.UTF8.GetString(request.Body.Span);
            return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split('|')).Select(static parts => new ServiceEvent
            {
                EventId = parts[0],
                Kind = Enum.Parse<ServiceEventKind>(parts[1]),
                AccountId = parts[2].Length > 0 ? parts[2] : null,
                LocationId = parts[3].Length > 0 ? parts[3] : null,
                RecordIds = parts[4].Length > 0 ? [parts[4]] : [],
            })];
        }
    }

    private sealed class Driver(HookedShop shop) : IPushChannels
    {
        public ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
        {
            shop.Probes++;
            return shop.Probe();
        }

        public async ValueTask<PushChannel> OpenChannelAsync(PushChannelRequest request, CancellationToken cancellationToken)
        {
            await shop.OnOpening(request);
            shop.Note($"open {request.ChannelId}");
            lock (shop._gate)
            {
                shop.Opened.Add(request);
            }

            return new PushChannel(request.ChannelId, "resource", request.ExpiresAt - TimeSpan.FromDays(7) + shop.ChannelLife);
        }

        public ValueTask CloseChannelAsync(PushChannel channel, CancellationToken cancellationToken)
        {
            shop.Note($"close {channel.ChannelId}");
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
