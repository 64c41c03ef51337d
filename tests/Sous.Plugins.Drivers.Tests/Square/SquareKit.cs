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
    public static readonly DateTimeOffset Start = new(2025, 11, 20, 15, 0, 0, TimeSpan.Zero);

    private SquareKit(SquareSimulator square, FakeTimeProvider clock, Uri? address)
    {
        Square = square;
        Clock = clock;
        Client = new HttpClient(Requests) { BaseAddress = address ?? square.Address };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", square.IssueAccessToken());
        Driver = (SquareDriver)new SquareFactory().Create(new DriverContext
        {
            Http = Client,
            HttpHandler = Requests,
            ApiAddress = Client.BaseAddress,
            Clock = clock,
            Logger = NullLogger.Instance,
            Settings = JsonElement.Parse("{}"),
        });
    }

    public SquareSimulator Square { get; }

    public FakeTimeProvider Clock { get; }

    public HttpClient Client { get; }

    public SquareDriver Driver { get; }

    public RequestRecorder Requests { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<SquareKit> StartAsync(int orders, SquareSimulatorOptions? options = null, Uri? address = null)
    {
        var clock = new FakeTimeProvider(Start);
        var square = await SquareSimulator.StartAsync((options ?? new SquareSimulatorOptions()) with { Orders = orders }, clock, Token);
        return new SquareKit(square, clock, address);
    }

    public async Task<IReadOnlyList<Location>> LocationsAsync() => await Driver.DiscoverLocationsAsync(Token);

    public SalesRequest Request(Location location, Checkpoint? from = null, int pageSize = 500) => new()
    {
        Location = location,
        From = from,
        Range = new InstantRange(Clock.GetUtcNow().AddDays(-120), Clock.GetUtcNow()),
        PageSize = pageSize,
    };

    public async Task<List<SyncPage<Sale>>> SalesAsync(SalesRequest request)
    {
        var pages = new List<SyncPage<Sale>>();
        await foreach (var page in Driver.FetchSalesAsync(request, Token))
        {
            pages.Add(page);
        }

        return pages;
    }

    public async Task<List<SyncPage<Sale>>> SalesAsync(Location location, Checkpoint? from = null, int pageSize = 500)
        => await SalesAsync(Request(location, from, pageSize));

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        Client.Dispose();
        await Square.DisposeAsync();
    }
}

/// <summary>Sends requests on and remembers them.</summary>
internal sealed class RequestRecorder : DelegatingHandler
{
    private readonly Lock _gate = new();
    private readonly List<string> _seen = [];
    private readonly List<string> _hosts = [];

    public RequestRecorder()
        : base(new SocketsHttpHandler())
    {
    }

    /// <summary>Looks at each request before it is sent.</summary>
    public Func<HttpRequestMessage, Task>? Before { get; set; }

    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_gate)
            {
                return [.. _seen];
            }
        }
    }

    public IReadOnlyList<string> Hosts
    {
        get
        {
            lock (_gate)
            {
                return [.. _hosts];
            }
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _seen.Clear();
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _seen.Add($"{request.Method} {request.RequestUri?.PathAndQuery}");
            _hosts.Add(request.RequestUri?.Authority ?? "");
        }

        if (Before is { } before)
        {
            await before(request);
        }

        return await base.SendAsync(request, cancellationToken);
    }
}
