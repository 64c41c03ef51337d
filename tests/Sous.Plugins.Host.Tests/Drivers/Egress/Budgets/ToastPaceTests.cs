using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Tests.Backup;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Drivers.Egress.Budgets;

/// <summary>The real driver by its own manifest, in front of a simulated Toast that keeps to its limits, both on one clock.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ToastPaceTests : IAsyncLifetime
{
    private const string Bulk = "/orders/v2/ordersBulk";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2025, 11, 20, 15, 0, 0, TimeSpan.Zero));
    private readonly PluginsTree _tree = new();
    private readonly OrdinaryHost _host = new();
    private readonly List<(string Path, DateTimeOffset At)> _asked = [];
    private ToastSimulator _toast = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 1500, Days = 30, TokenLife = TimeSpan.FromDays(400) }, _clock, Token);
        _toast.Asked = request =>
        {
            lock (_asked)
            {
                _asked.Add((request.Path, _clock.GetUtcNow()));
            }

            return Task.CompletedTask;
        };
    }

    [Fact(Timeout = 240_000)]
    public async Task A_first_sync_meets_no_limit_of_an_endpoint_and_does_not_slow_what_else_is_called_meanwhile()
    {
        // Arrange
        var token = TestContext.Current.CancellationToken;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Clients:toast:ApiUrl", _toast.Address.AbsoluteUri), new("Clients:toast:AuthUrl", _toast.Address.AbsoluteUri)]).Build();
        var meters = Meters.New();
        using var budgets = new CallBudgets(configuration, _clock);
        using var http = new DriverHttp(configuration, _host.Adoption, budgets, new EgressMetrics(meters, budgets), _clock, NullLogger<DriverHttp>.Instance);
        var restaurant = _toast.Truth.Restaurants[0];
        var catalog = await _tree.LoadAsync(Path.Combine(Path.GetDirectoryName(PluginsTree.Artifacts)!, "plugins.json"));
        var loaded = PluginsTree.Get(catalog, "toast");
        await using var session = new DriverSessions(http, _tree.Defects, _clock, NullLoggerFactory.Instance).Open(loaded, ConnectionTo(restaurant.Id), new Bearer(_toast.IssueToken()), CallPriority.Incremental);
        var driver = (IPosDriver)session.Driver;
        using var answers = new MeterListener();
        var (taken, refused) = (0, 0);
        answers.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "sous.call.duration" && instrument.Meter.Scope == meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        answers.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            var status = tags.ToArray().Single(static tag => tag.Key == "http.response.status_code").Value;
            Interlocked.Increment(ref status is 429 ? ref refused : ref taken);
        });
        answers.Start();

        // Act
        var locations = ((ILocationDirectory)driver).DiscoverLocationsAsync(token).AsTask();
        await PassAsync(budgets.Of(loaded), locations);
        var range = new InstantRange(_clock.GetUtcNow().AddDays(-30), _clock.GetUtcNow());
        var sales = driver.FetchSalesAsync(new SalesRequest { Location = Assert.Single(await locations), Range = range, PageSize = 100 }, token).ToListAsync(token).AsTask();
        var menus = driver.FetchCatalogAsync(new CatalogRequest { Location = Assert.Single(await locations), PageSize = 500 }, token).ToListAsync(token).AsTask();
        var probes = ProbeUntilAsync(sales, driver);
        await PassAsync(budgets.Of(loaded), sales, menus, probes);

        // Assert
        Assert.Equal((0, _asked.Count), (refused, taken));
        Assert.Equal(restaurant.OrderIds.Order(StringComparer.Ordinal), (await sales).SelectMany(static page => page.Changes).Select(static change => change.Id).Distinct().Order(StringComparer.Ordinal));
        Assert.NotEmpty(await menus);
        var bulk = _asked.Where(static one => one.Path == Bulk).Select(static one => one.At).ToList();
        var meanwhile = _asked.Count(one => one.Path != Bulk && one.At >= bulk[0] && one.At <= bulk[^1]);
        Assert.InRange(bulk.Max(from => bulk.Count(at => at >= from && at < from.AddSeconds(1))), 3, 5);
        Assert.True(bulk.Count > 10 && meanwhile > bulk.Count * 2, $"{bulk.Count} calls of ordersBulk, and {meanwhile} others within {bulk[^1] - bulk[0]}");
    }

    public async ValueTask DisposeAsync()
    {
        await _toast.DisposeAsync();
        _host.Dispose();
        _tree.Dispose();
    }

    private static Connection ConnectionTo(string restaurant) => new()
    {
        Id = new ConnectionId("con_1"),
        Tenant = new TenantId("t"),
        Driver = new DriverId("toast"),
        Status = default,
        Settings = JsonSerializer.SerializeToElement(new { restaurants = new[] { restaurant } }),
        CreatedAt = default,
        ChangedAt = default,
    };

    private static async Task ProbeUntilAsync(Task end, IPosDriver driver)
    {
        while (!end.IsCompleted)
        {
            await driver.ProbeAsync(Token);
        }
    }

    /// <summary>Lets time pass whenever all of them wait for their turn, until they are done: what is under way takes none.</summary>
    private async Task PassAsync(CallBudget budget, params IReadOnlyList<Task> calls)
    {
        while (calls.Count(static call => !call.IsCompleted) is var left && left > 0)
        {
            if (budget.View().Waiting >= left)
            {
                _clock.Advance(TimeSpan.FromMilliseconds(10));
            }

            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await Task.WhenAll(calls);
    }

    private sealed class Bearer(string token) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
