using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Square;

namespace Sous.Plugins.Drivers.Tests.Square;

/// <summary>The driver over a plain HttpClient in front of a simulated Square, both on one clock.</summary>
internal sealed class SquareKit : IAsyncDisposable
{
    /// <summary>Clocks went back in Berlin 25 and in New York 18 days before.</summary>
    public static readonly DateTimeOffset Start = new(2025, 11, 20, 15, 0, 0, TimeSpan.Zero);

    public const string NewYork = "LHILLNEWYORK1";
    public const string LosAngeles = "LAFTERDARKLA2";

    private SquareKit(SquareSimulator square, FakeTimeProvider clock)
    {
        (Square, Clock) = (square, clock);
        Client = new HttpClient(Requests) { BaseAddress = square.Address };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", square.IssueAccessToken());
        Driver = DriverOver(Client, clock);
    }

    public SquareSimulator Square { get; }

    public FakeTimeProvider Clock { get; }

    public HttpClient Client { get; }

    public SquareDriver Driver { get; }

    public RequestRecorder Requests { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<SquareKit> StartAsync(int orders, SquareSimulatorOptions? options = null)
    {
        var clock = new FakeTimeProvider(Start);
        var square = await SquareSimulator.StartAsync((options ?? new SquareSimulatorOptions()) with { Orders = orders }, clock, Token);
        return new SquareKit(square, clock);
    }

    public static SquareDriver DriverOver(HttpClient client, TimeProvider clock) => (SquareDriver)new SquareFactory().Create(new DriverContext
    {
        Http = client,
        HttpHandler = new HttpClientHandler(),
        ApiAddress = client.BaseAddress!,
        Clock = clock,
        Logger = NullLogger.Instance,
        Settings = JsonElement.Parse("{}"),
    });

    public async Task<IReadOnlyList<Location>> LocationsAsync() => await Driver.DiscoverLocationsAsync(Token);

    public async Task<Location> LocationAsync(string id = NewYork) => (await LocationsAsync()).Single(location => location.Ref.Id == id);

    public SalesRequest Request(Location location, Checkpoint? from = null, int pageSize = 500) => new()
    {
        Location = location,
        From = from,
        Range = new InstantRange(Start.AddDays(-120), Clock.GetUtcNow()),
        PageSize = pageSize,
    };

    public Task<List<SyncPage<Sale>>> SalesAsync(Location location, Checkpoint? from = null, int pageSize = 500)
        => SalesAsync(Request(location, from, pageSize));

    public async Task<List<SyncPage<Sale>>> SalesAsync(SalesRequest request)
        => await Driver.FetchSalesAsync(request, Token).ToListAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        Client.Dispose();
        await Square.DisposeAsync();
    }
}
