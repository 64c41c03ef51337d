using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast.Api;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast;

/// <summary>Toast on 127.0.0.1, with one partner client that sees the restaurants of two owners. All members may be used from several threads.</summary>
public sealed class ToastSimulator : IAsyncDisposable
{
    private readonly RequestLog _log = new();
    private readonly SecretsLedger _secrets;
    private readonly TokenBook _tokens;
    private readonly ChaosGate _chaos;
    private readonly OrderBook _orders;
    private readonly MenusEndpoint _menus;
    private readonly ToastRoutes _routes;
    private LoopbackHost? _host;

    private ToastSimulator(ToastSimulatorOptions options, TimeProvider clock)
    {
        Options = options;
        _secrets = new SecretsLedger(options.Seed);
        _tokens = new TokenBook(options, _secrets, clock);
        _chaos = new ChaosGate(clock, static (context, status) => ToastAnswer.ErrorAsync(context, ToastFault.Of(status)));
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        IReadOnlyList<Menu> menus = [.. Restaurants.All.Select(restaurant => new Menu(restaurant, now.AddDays(-options.Days)))];
        _orders = new OrderBook(new OrderSeeder(options, now, menus), options.Orders);
        var publishing = new Lock();
        _menus = new MenusEndpoint(menus, publishing);
        Webhooks = new ToastWebhooks(_chaos, _orders, WebhookSecret, clock);
        Changes = new ToastChanges(_orders, Webhooks, menus, publishing, options, clock);
        _routes = new ToastRoutes(_tokens, _log, _chaos, options.RateLimits ? new RateGate(clock) : null)
        {
            Login = new LoginEndpoint(_tokens, _chaos),
            Partners = new PartnersEndpoint(options.ConnectedAsObject),
            Orders = new OrdersEndpoint(_orders, _chaos),
            Payments = new PaymentsEndpoint(_orders),
            Menus = _menus,
            Control = new ControlEndpoint(this),
        };
    }

    /// <summary>The options it was started with.</summary>
    public ToastSimulatorOptions Options { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address => _host?.Address ?? throw new InvalidOperationException("The simulator has not started.");

    /// <summary>The client's secret.</summary>
    public string ClientSecret => _tokens.ClientSecret;

    /// <summary>The key that webhooks are signed with.</summary>
    public string WebhookSecret => _tokens.WebhookSecret;

    /// <summary>What it does wrong on purpose. A repeated cursor is page 1 in place of page 3 and after; one that stands still is page 1 always; a dropped one is a link header left out.</summary>
    public Chaos Chaos
    {
        get => _chaos.Setting;
        set => _chaos.Setting = value;
    }

    /// <summary>A restaurant whose menus are served in place of those asked for; null for none.</summary>
    public string? MistakenMenus
    {
        get => _menus.Mistaken?.Guid;
        set => _menus.Mistaken = value is null ? null : Restaurants.Find(value);
    }

    /// <summary>What it holds now, told without its API. Taking it reads everything: once per comparison, not in a loop.</summary>
    public ToastTruth Truth => new(_orders);

    /// <summary>Live changes at the restaurants.</summary>
    public ToastChanges Changes { get; }

    /// <summary>What it tells a subscribed address of.</summary>
    public ToastWebhooks Webhooks { get; }

    /// <summary>The newest 5,000 requests, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _log.All();

    /// <summary>Awaited when a request has come, before anything answers it: whoever tests stands in its way here. Null for nothing.</summary>
    public Func<RecordedRequest, Task>? Asked
    {
        get => _log.Asked;
        set => _log.Asked = value;
    }

    /// <summary>Awaited when the answer to a request has gone out whole. Null for nothing.</summary>
    public Func<RecordedRequest, Task>? Answered
    {
        get => _log.Answered;
        set => _log.Answered = value;
    }

    /// <summary>Every secret and token that it ever issued or was started with, for leak tests.</summary>
    public IReadOnlyList<string> Secrets => _secrets.All();

    /// <summary>Seeds the history and starts to listen.</summary>
    /// <param name="options">How it starts.</param>
    /// <param name="clock">Its time; null is the system's. Also what its waits run on.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    public static async Task<ToastSimulator> StartAsync(ToastSimulatorOptions options, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var simulator = new ToastSimulator(options, clock ?? TimeProvider.System);
        simulator._host = await LoopbackHost.StartAsync(options.Port, simulator._routes.Map, cancellationToken).ConfigureAwait(false);
        return simulator;
    }

    /// <summary>The client's token without a login.</summary>
    public string IssueToken() => _tokens.Issue();

    /// <summary>Lets the token expire now; the next login gives another.</summary>
    public void ExpireToken() => _tokens.Expire();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Webhooks.DisposeAsync().ConfigureAwait(false);
        if (_host is not null)
        {
            await _host.DisposeAsync().ConfigureAwait(false);
        }
    }
}
