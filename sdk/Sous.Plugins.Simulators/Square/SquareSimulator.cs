using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square.Api;
using Sous.Plugins.Simulators.Square.Catalog;
using Sous.Plugins.Simulators.Square.Records;
using Sous.Plugins.Simulators.Square.Rendering;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square;

/// <summary>Square on 127.0.0.1, with a seeded merchant and its OAuth pages. All members may be used from several threads.</summary>
public sealed class SquareSimulator : IAsyncDisposable
{
    private readonly RequestLog _log = new();
    private readonly SecretsLedger _secrets;
    private readonly GrantBook _grants;
    private readonly ChaosGate _chaos;
    private readonly SalesBook _sales;
    private readonly CatalogBook _catalog;
    private readonly TimeProvider _clock;
    private LoopbackHost? _host;

    private SquareSimulator(SquareSimulatorOptions options, TimeProvider clock)
    {
        (Options, _clock) = (options, clock);
        _secrets = new SecretsLedger(options.Seed);
        _grants = new GrantBook(options, _secrets, clock);
        _chaos = new ChaosGate(clock, static (context, status) => SquareAnswer.ErrorAsync(context, SquareFault.Of(status)));
        if (options.PageLatency > TimeSpan.Zero)
        {
            _chaos.Setting = Chaos.None with { Latency = options.PageLatency };
        }

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var menu = new Menu();
        _sales = new SalesBook(new OrderSeeder(options.Seed, now, options.Days, options.Orders, menu), options.Orders);
        _catalog = new CatalogBook(new CatalogSeeder(menu, now, options.Days).Make());
        Webhooks = new SquareWebhooks(_chaos, WebhookSignatureKey, options.Seed, clock);
        _sales.Changed = (kind, record, isNew) =>
            Webhooks.Tell(WebhookJson.TypeOf(kind, isNew), kind == RecordKind.Order ? record.Id : record.OrderId, json => WebhookJson.Write(json, kind, record, isNew));
        _catalog.Changed = () => Webhooks.Tell("catalog.version.updated", null, json => WebhookJson.WriteCatalog(json, clock.GetUtcNow().ToUnixTimeMilliseconds()));
        Changes = new SquareChanges(_sales, _catalog, menu, options, clock);
        var pager = new Pager(_sales, _chaos);
        Routes = new SquareRoutes(_grants, _log, _chaos)
        {
            Authorize = new AuthorizeEndpoint(options, _grants, _secrets),
            Tokens = new TokenEndpoint(options, _grants, _chaos),
            Orders = new OrdersEndpoint(_sales, pager, clock),
            Payments = new PaymentsEndpoint(_sales, pager, clock, options.ListingLag),
            Catalog = new CatalogEndpoint(_catalog, pager, options.CatalogPage),
            Control = new ControlEndpoint(this),
        };
    }

    /// <summary>The options it was started with.</summary>
    public SquareSimulatorOptions Options { get; }

    /// <summary>Where it listens; both the API and the OAuth pages.</summary>
    public Uri Address => _host?.Address ?? throw new InvalidOperationException("The simulator has not started.");

    /// <summary>The client registration's secret.</summary>
    public string ClientSecret => _grants.ClientSecret;

    /// <summary>The key that webhooks are signed with.</summary>
    public string WebhookSignatureKey => _grants.WebhookSignatureKey;

    /// <summary>The seeded merchant's id.</summary>
    public static string MerchantId => Restaurants.MerchantId;

    /// <summary>What it does wrong on purpose; setting it starts the counts of its "every" knobs anew.</summary>
    public Chaos Chaos
    {
        get => _chaos.Setting;
        set => _chaos.Setting = value;
    }

    /// <summary>What it holds now, told without its API. Taking it reads everything: once per comparison, not in a loop.</summary>
    public SquareTruth Truth => new(_sales, _catalog);

    /// <summary>Live changes at the merchant.</summary>
    public SquareChanges Changes { get; }

    /// <summary>Signed webhooks of what changes; sent once an address is registered.</summary>
    public SquareWebhooks Webhooks { get; }

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

    /// <summary>Every secret, code and token that it ever issued or was started with, for leak tests.</summary>
    public IReadOnlyList<string> Secrets => _secrets.All();

    private SquareRoutes Routes { get; }

    /// <summary>Seeds the history and starts to listen.</summary>
    /// <param name="options">How it starts.</param>
    /// <param name="clock">Its time; null is the system's. Also what its waits run on.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    public static async Task<SquareSimulator> StartAsync(SquareSimulatorOptions options, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var simulator = new SquareSimulator(options, clock ?? TimeProvider.System);
        simulator._host = await LoopbackHost.StartAsync(options.Port, simulator.Routes.Map, cancellationToken).ConfigureAwait(false);
        return simulator;
    }

    /// <summary>Issues an access token without the pages.</summary>
    /// <param name="scopes">The scopes; none stands for all that reading needs.</param>
    public string IssueAccessToken(params string[] scopes)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        return _grants.IssueDirectly(scopes.Length == 0 ? GrantBook.AllScopes : scopes).Value;
    }

    /// <summary>Withdraws everything the merchant granted, as from Square's own dashboard.</summary>
    public void RevokeGrant()
    {
        _grants.Revoke(null, onlyAccessToken: false);
        Webhooks.Tell("oauth.authorization.revoked", null, json => WebhookJson.WriteRevocation(json, _clock.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    /// <summary>Lets every access token issued so far expire now.</summary>
    public void ExpireAccessTokens() => _grants.ExpireAccessTokens();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync().ConfigureAwait(false);
        }

        await Webhooks.DisposeAsync().ConfigureAwait(false);
        _sales.Dispose();
        _catalog.Dispose();
    }
}
