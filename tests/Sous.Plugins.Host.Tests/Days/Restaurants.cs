using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Days;

/// <summary>A simulated Square and a simulated Toast on one clock that stands still, and the real drivers of both out of their folders.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class Restaurants : IAsyncDisposable
{
    public const string NewYork = "LHILLNEWYORK1";
    public const string LosAngeles = "LAFTERDARKLA2";

    private readonly TemporaryFolder _folder;
    private readonly DriverCatalog _catalog;

    private Restaurants(FakeTimeProvider clock, SquareSimulator square, ToastSimulator toast, DriverCatalog catalog, TemporaryFolder folder)
        => (Clock, Square, Toast, _catalog, _folder, Boston) = (clock, square, toast, catalog, folder, toast.Truth.Restaurants[0].Id);

    public FakeTimeProvider Clock { get; }

    public SquareSimulator Square { get; }

    public ToastSimulator Toast { get; }

    /// <summary>Toast's id of the restaurant that is connected.</summary>
    public string Boston { get; }

    /// <summary>Makes of a service's totals what a test wants to hear.</summary>
    public Func<DayTotals, DayTotals> Hear { get; set; } = static totals => totals;

    public DriverAccess Access => new(
        id => _catalog.TryGet(id, out var driver) ? driver.Manifest : null,
        (connection, _, _) => ValueTask.FromResult(Open(PluginsTree.Get(_catalog, connection.Driver.Value))));

    public static async Task<Restaurants> OpenAsync(DateTimeOffset start, int orders = 0)
    {
        var token = TestContext.Current.CancellationToken;
        var clock = new FakeTimeProvider(start);
        var square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = orders, Days = 10, AccessTokenLife = TimeSpan.FromDays(400) }, clock, token);
        var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = orders / 2, Days = 10, RateLimits = false, TokenLife = TimeSpan.FromDays(400) }, clock, token);
        var folder = new TemporaryFolder();
        var options = Options.Create(new DriversOptions { Plugins = Path.Combine(Path.GetDirectoryName(PluginsTree.Artifacts)!, "plugins.json"), Data = folder.Path });
        var defects = new DriverDefects(Options.Create(new DefectsOptions()), clock, NullLogger<DriverDefects>.Instance);
        var catalog = new DriverCatalog(options, new DriverCache(options), new DriverLoader(defects, clock), static (_, _) => Task.FromResult<Host.Drivers.Inspection.Finding?>(null), defects, clock, NullLogger<DriverCatalog>.Instance);
        await catalog.LoadAsync(token);
        return new Restaurants(clock, square, toast, catalog, folder);
    }

    public async ValueTask DisposeAsync()
    {
        await Square.DisposeAsync();
        await Toast.DisposeAsync();
        _folder.Dispose();
    }

    private DriverSession Open(LoadedDriver loaded)
    {
        var isSquare = loaded.Manifest.Id == "square";
        var client = new HttpClient { BaseAddress = isSquare ? Square.Address : Toast.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", isSquare ? Square.IssueAccessToken() : Toast.IssueToken());
        var driver = loaded.Factory.Create(new DriverContext
        {
            Http = client,
            HttpHandler = new HttpClientHandler(),
            ApiAddress = client.BaseAddress,
            Clock = Clock,
            Logger = NullLogger.Instance,
            Settings = JsonSerializer.SerializeToElement(new { restaurants = new[] { Boston } }),
        });
        return new DriverSession(loaded, new Hearing(this, (IPosDriver)driver), client);
    }

    /// <summary>The real driver, but for what is heard of its totals.</summary>
    private sealed class Hearing(Restaurants restaurants, IPosDriver driver) : IPosDriver, ILocationDirectory, IBusinessDayTotals
    {
        public ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => driver.ProbeAsync(cancellationToken);

        public IAsyncEnumerable<SyncPage<Sale>> FetchSalesAsync(SalesRequest request, CancellationToken cancellationToken) => driver.FetchSalesAsync(request, cancellationToken);

        public IAsyncEnumerable<SyncPage<CatalogEntry>> FetchCatalogAsync(CatalogRequest request, CancellationToken cancellationToken) => driver.FetchCatalogAsync(request, cancellationToken);

        public ValueTask<IReadOnlyList<Location>> DiscoverLocationsAsync(CancellationToken cancellationToken) => ((ILocationDirectory)driver).DiscoverLocationsAsync(cancellationToken);

        public async ValueTask<DayTotals> ReadDayTotalsAsync(Location location, DateOnly day, CancellationToken cancellationToken)
            => restaurants.Hear(await ((IBusinessDayTotals)driver).ReadDayTotalsAsync(location, day, cancellationToken));

        public ValueTask DisposeAsync() => driver.DisposeAsync();
    }
}
