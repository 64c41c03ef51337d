using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed.Api;
using Sous.Plugins.Simulators.Lightspeed.Rendering;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed;

/// <summary>Lightspeed Restaurant (K-Series) on 127.0.0.1, with three seeded businesses and its OAuth page. All members may be used from several threads.</summary>
public sealed class LightspeedSimulator : IAsyncDisposable
{
    private readonly RequestLog _log = new();
    private readonly SecretsLedger _secrets;
    private readonly LightspeedGrants _grants;
    private readonly ChaosGate _chaos;
    private readonly DocumentBook _book;
    private readonly IReadOnlyList<Menu> _menus;
    private readonly LightspeedRoutes _routes;
    private LoopbackHost? _host;

    private LightspeedSimulator(LightspeedSimulatorOptions options, TimeProvider clock)
    {
        Options = options;
        _secrets = new SecretsLedger(options.Seed);
        _grants = new LightspeedGrants(options, _secrets, clock);
        _chaos = new ChaosGate(clock, (context, status) => LightspeedAnswer.ErrorAsync(context, LightspeedFault.Of(status), clock.GetUtcNow()));
        _menus = [.. Places.All.Select(place => new Menu(place))];
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        _book = new DocumentBook(new DocumentSeeder(options, now, _menus), options.Accounts);
        Changes = new LightspeedChanges(_book, _menus, clock);
        _routes = new LightspeedRoutes(_grants, _log, _chaos, clock)
        {
            Authorize = new LightspeedAuthorizeEndpoint(options, _grants, _secrets),
            Tokens = new LightspeedTokenEndpoint(options, _grants, _chaos),
            Sales = new SalesEndpoint(_book, new SaleJson(options), _chaos, clock),
            Finance = new FinanceEndpoint(_menus),
            Items = new ItemsEndpoint(_menus, _book, options.SingleItemAsObject),
            Control = new ControlEndpoint(this),
        };
    }

    /// <summary>The options it was started with.</summary>
    public LightspeedSimulatorOptions Options { get; }

    /// <summary>Where it listens; both the API and the OAuth pages.</summary>
    public Uri Address => _host?.Address ?? throw new InvalidOperationException("The simulator has not started.");

    /// <summary>The client's secret.</summary>
    public string ClientSecret => _grants.ClientSecret;

    /// <summary>What it does wrong on purpose; setting it starts the counts of its "every" knobs anew.</summary>
    public Chaos Chaos
    {
        get => _chaos.Setting;
        set => _chaos.Setting = value;
    }

    /// <summary>What it holds now, told without its API. Taking it reads everything: once per comparison, not in a loop.</summary>
    public LightspeedTruth Truth => new(_book, _menus);

    /// <summary>Live changes at the locations.</summary>
    public LightspeedChanges Changes { get; }

    /// <summary>The newest 5,000 requests, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _log.All();

    /// <summary>Every secret, code and token that it ever issued or was started with, for leak tests.</summary>
    public IReadOnlyList<string> Secrets => _secrets.All();

    /// <summary>Seeds the history and starts to listen.</summary>
    /// <param name="options">How it starts.</param>
    /// <param name="clock">Its time; null is the system's. Also what its waits run on.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    public static async Task<LightspeedSimulator> StartAsync(LightspeedSimulatorOptions options, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var simulator = new LightspeedSimulator(options, clock ?? TimeProvider.System);
        simulator._host = await LoopbackHost.StartAsync(options.Port, simulator._routes.Map, cancellationToken).ConfigureAwait(false);
        return simulator;
    }

    /// <summary>Issues an access token without the page.</summary>
    /// <param name="scopes">The scopes; none stands for all that reading needs.</param>
    public string IssueAccessToken(params string[] scopes)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        return _grants.IssueDirectly(scopes.Length == 0 ? ["financial-api", "items"] : scopes).Access;
    }

    /// <summary>Withdraws everything that was granted.</summary>
    public void RevokeGrant() => _grants.RevokeAll();

    /// <summary>Lets every access token issued so far expire now.</summary>
    public void ExpireAccessTokens() => _grants.ExpireAccessTokens();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync().ConfigureAwait(false);
        }
    }
}
