using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Toast;
using Sous.Plugins.Toast;

namespace Sous.Plugins.Drivers.Tests.Toast;

/// <summary>The driver, bound to one owner's restaurants, over a plain HttpClient in front of a simulated Toast, both on one clock.</summary>
internal sealed class ToastKit : IAsyncDisposable
{
    /// <summary>Clocks went back in Dublin and London 25 and in Boston 18 days before.</summary>
    public static readonly DateTimeOffset Start = new(2025, 11, 20, 15, 0, 0, TimeSpan.Zero);

    private ToastKit(ToastSimulator toast, FakeTimeProvider clock, IReadOnlyList<string>? bound)
    {
        (Toast, Clock) = (toast, clock);
        var all = toast.Truth.Restaurants;
        Bound = bound ?? [.. all.Where(restaurant => restaurant.Owner == all[0].Owner).Select(restaurant => restaurant.Id)];
        Boston = all[0].Id;
        Client = new HttpClient(Requests) { BaseAddress = toast.Address };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", toast.IssueToken());
        Driver = DriverOver(Client, clock, Bound);
    }

    public ToastSimulator Toast { get; }

    public FakeTimeProvider Clock { get; }

    public HttpClient Client { get; }

    public ToastDriver Driver { get; }

    public IReadOnlyList<string> Bound { get; }

    /// <summary>The busiest of the bound restaurants.</summary>
    public string Boston { get; }

    public RequestRecorder Requests { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ToastKit> StartAsync(int orders, ToastSimulatorOptions? options = null, IReadOnlyList<string>? bound = null)
    {
        var clock = new FakeTimeProvider(Start);
        var wanted = (options ?? new ToastSimulatorOptions()) with { Orders = orders, RateLimits = false, TokenLife = TimeSpan.FromDays(400) };
        return new ToastKit(await ToastSimulator.StartAsync(wanted, clock, Token), clock, bound);
    }

    public static ToastDriver DriverOver(HttpClient client, TimeProvider clock, IReadOnlyList<string> restaurants) => (ToastDriver)new ToastFactory().Create(new DriverContext
    {
        Http = client,
        HttpHandler = new HttpClientHandler(),
        ApiAddress = client.BaseAddress!,
        Clock = clock,
        Logger = NullLogger.Instance,
        Settings = JsonSerializer.SerializeToElement(new { restaurants }),
    });

    public ToastRestaurantTruth TruthOf(string restaurant) => Toast.Truth.Restaurants.Single(r => r.Id == restaurant);

    public async Task<IReadOnlyList<Location>> LocationsAsync() => await Driver.DiscoverLocationsAsync(Token);

    public async Task<Location> LocationAsync(string? restaurant = null) => (await LocationsAsync()).Single(location => location.Ref.Id == (restaurant ?? Boston));

    public SalesRequest Request(Location location, Checkpoint? from = null, int pageSize = 100) => new()
    {
        Location = location,
        From = from,
        Range = new InstantRange(Start.AddDays(-120), Clock.GetUtcNow()),
        PageSize = pageSize,
    };

    /// <summary>All that changed; an order that changes at this very instant belongs to the next window, so the clock moves first.</summary>
    public Task<List<SyncPage<Sale>>> SalesAsync(Location location, Checkpoint? from = null, int pageSize = 100)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(10));
        return SalesAsync(Request(location, from, pageSize));
    }

    public async Task<List<SyncPage<Sale>>> SalesAsync(SalesRequest request) => await Driver.FetchSalesAsync(request, Token).ToListAsync(Token);

    public async Task<List<SyncPage<CatalogEntry>>> MenusAsync(Location location, Checkpoint? from = null, int pageSize = 500)
        => await Driver.FetchCatalogAsync(new CatalogRequest { Location = location, From = from, PageSize = pageSize }, Token).ToListAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        Client.Dispose();
        await Toast.DisposeAsync();
    }
}
