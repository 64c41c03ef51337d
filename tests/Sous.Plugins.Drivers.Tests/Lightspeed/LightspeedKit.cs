using System.Net.Http.Headers;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

/// <summary>The driver over a plain HttpClient in front of a simulated K-Series, both on one clock.</summary>
internal sealed class LightspeedKit : IAsyncDisposable
{
    /// <summary>Clocks went back in Europe 25 and in America 18 days before.</summary>
    public static readonly DateTimeOffset Start = new(2025, 11, 20, 15, 0, 0, TimeSpan.Zero);

    private LightspeedKit(LightspeedSimulator lightspeed, FakeTimeProvider clock, object? settings)
    {
        (Lightspeed, Clock) = (lightspeed, clock);
        Client = new HttpClient(Requests) { BaseAddress = lightspeed.Address };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", lightspeed.IssueAccessToken());
        Driver = OutsideDriver.Over(Client, clock, settings);
    }

    public LightspeedSimulator Lightspeed { get; }

    public FakeTimeProvider Clock { get; }

    public HttpClient Client { get; }

    public IDriver Driver { get; }

    public IPosDriver Pos => (IPosDriver)Driver;

    public IBusinessDayTotals Totals => (IBusinessDayTotals)Driver;

    /// <summary>The busiest location; its prices hold the tax.</summary>
    public string Madrid => Lightspeed.Truth.Locations[0].Id;

    public RequestRecorder Requests { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<LightspeedKit> StartAsync(int accounts, LightspeedSimulatorOptions? options = null, object? settings = null)
    {
        var clock = new FakeTimeProvider(Start);
        var wanted = (options ?? new LightspeedSimulatorOptions()) with { Accounts = accounts, AccessTokenLife = TimeSpan.FromDays(400) };
        return new LightspeedKit(await LightspeedSimulator.StartAsync(wanted, clock, Token), clock, settings);
    }

    public LightspeedLocationTruth TruthOf(string location) => Lightspeed.Truth.Locations.Single(known => known.Id == location);

    public async Task<IReadOnlyList<Location>> LocationsAsync() => await ((ILocationDirectory)Driver).DiscoverLocationsAsync(Token);

    public async Task<Location> LocationAsync() => (await LocationsAsync()).Single(location => location.Ref.Id == Madrid);

    public SalesRequest Request(Location location, Checkpoint? from = null, int pageSize = 100) => new()
    {
        Location = location,
        From = from,
        Range = new InstantRange(Start.AddDays(-120), Clock.GetUtcNow()),
        PageSize = pageSize,
    };

    /// <summary>All that closed since; what closes at this very instant belongs to the next window, so the clock moves first.</summary>
    public Task<List<SyncPage<Sale>>> SalesAsync(Location location, Checkpoint? from = null, int pageSize = 100)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(10));
        return SalesAsync(Request(location, from, pageSize));
    }

    public async Task<List<SyncPage<Sale>>> SalesAsync(SalesRequest request) => await Pos.FetchSalesAsync(request, Token).ToListAsync(Token);

    public async Task<List<SyncPage<CatalogEntry>>> CatalogAsync(int pageSize = 500, Checkpoint? from = null)
        => await Pos.FetchCatalogAsync(new CatalogRequest { From = from, PageSize = pageSize }, Token).ToListAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        Client.Dispose();
        await Lightspeed.DisposeAsync();
    }
}
