using System.Globalization;
using System.Runtime.CompilerServices;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>A service with a log of sales for each location, and its driver: the checkpoint is how far into the log one has come.</summary>
internal sealed class Shop
{
    public static readonly DriverManifest DefaultManifest = new()
    {
        Id = "shop",
        Name = "Shop",
        Version = "1.0.0",
        Assembly = "Shop.dll",
        Contract = "1.0",
        ApiAddress = new Uri("https://shop.test/"),
        Authorization = new AuthorizationManifest { Kind = AuthorizationKind.ApiKey },
        Streams =
        [
            new StreamManifest { Name = "sales", Scope = StreamScope.Location, Schedule = "0 5 * * *", PageLimit = 2, BackfillDays = 30, WindowDays = 2 },
            new StreamManifest { Name = "catalog", Scope = StreamScope.Connection, Schedule = "30 5 * * *", PageLimit = 2 },
        ],
    };

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Sale>> _sales = new(StringComparer.Ordinal);
    private readonly List<SalesRequest> _requests = [];
    private int _calls;

    public DriverManifest? Manifest { get; set; } = DefaultManifest;

    public List<Location> Locations { get; } = [];

    /// <summary>Makes another driver to be asked, or null for the shop's own.</summary>
    public Func<IDriver>? Instead { get; set; }

    /// <summary>Asked before each page: location, number of the page in this call. It may throw or wait.</summary>
    public Func<string, int, CancellationToken, ValueTask> BeforePage { get; set; } = static (_, _, _) => ValueTask.CompletedTask;

    /// <summary>What a page's position is made of: where one has come to in the log.</summary>
    public Func<int, string> Position { get; set; } = static index => index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether a bounded call gets only what changed within its range, as from a real service.</summary>
    public bool KeepsToRange { get; set; }

    /// <summary>The ids of the whole catalogue by location, "" for the connection's: each call lists it, from where a call before was broken off.</summary>
    public Dictionary<string, IReadOnlyList<string>> Menus { get; } = new() { [""] = ["soup"] };

    /// <summary>Ids that a call tells of as changes, without a listing; null where it lists.</summary>
    public IReadOnlyList<string>? Added { get; set; }

    /// <summary>What a call is not told of.</summary>
    public Func<SalesRequest, Sale, bool> LeavesOut { get; set; } = static (_, _) => false;

    /// <summary>Asked before the locations are told.</summary>
    public Func<CancellationToken, ValueTask> BeforeLocations { get; set; } = static _ => ValueTask.CompletedTask;

    public IReadOnlyList<SalesRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    public int LocationCalls => Volatile.Read(ref _calls);

    public DriverAccess Access => new(id => id.Value == "shop" ? Manifest : null, (_, _, _) => ValueTask.FromResult(Open()));

    public LoadedDriver Loaded => new(DefaultManifest, new Factory(this), 1, "", new HashSet<DriverCapability> { DriverCapability.Pos, DriverCapability.Locations });

    public void Open(string location, string zone = "UTC", bool active = true) => Locations.Add(new Location
    {
        Ref = new ExternalRef("shop", location),
        Name = $"Shop {location}",
        TimeZone = zone,
        Currency = "USD",
        Active = active,
    });

    public void Sell(string location, string id, long net = 1000) => Sell(location, id, static sale => sale, net);

    public void Sell(string location, string id, Func<Sale, Sale> change, long net = 1000)
    {
        lock (_gate)
        {
            if (!_sales.TryGetValue(location, out var log))
            {
                _sales[location] = log = [];
            }

            log.Add(change(Sales.Make(id, net, location: location)));
        }
    }

    private DriverSession Open()
    {
        var loaded = Loaded;
        Assert.True(loaded.Use.TryEnter(loaded.MaxSessions));
        return new DriverSession(loaded, Instead?.Invoke() ?? new Driver(this), new HttpClient());
    }

    private List<Sale> LogOf(string location)
    {
        lock (_gate)
        {
            return [.. _sales.GetValueOrDefault(location) ?? []];
        }
    }

    private sealed class Factory(Shop shop) : IDriverFactory
    {
        public IDriver Create(DriverContext context) => new Driver(shop);
    }

    private sealed class Driver(Shop shop) : IPosDriver, ILocationDirectory
    {
        public ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new ProbeResult());

        public async ValueTask<IReadOnlyList<Location>> DiscoverLocationsAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref shop._calls);
            await shop.BeforeLocations(cancellationToken);
            return [.. shop.Locations];
        }

        public async IAsyncEnumerable<SyncPage<Sale>> FetchSalesAsync(SalesRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            lock (shop._gate)
            {
                shop._requests.Add(request);
            }

            var location = request.Location.Ref.Id;
            var log = shop.LogOf(location);
            if (request.Bounded && shop.KeepsToRange)
            {
                log.RemoveAll(sale => sale.ModifiedAt < request.Range.From || sale.ModifiedAt >= request.Range.To);
            }

            log.RemoveAll(sale => shop.LeavesOut(request, sale));
            var index = request.From is null ? 0 : int.Parse(request.From.Value, CultureInfo.InvariantCulture);
            for (var page = 1; index < log.Count; page++)
            {
                await shop.BeforePage(location, page, cancellationToken);
                var taken = log.Skip(index).Take(request.PageSize).ToList();
                index += taken.Count;
                yield return new SyncPage<Sale>([.. taken.Select(static sale => Change.Upsert(sale.Ref.Id, sale))], new Checkpoint(shop.Position(index)));
            }
        }

        public async IAsyncEnumerable<SyncPage<CatalogEntry>> FetchCatalogAsync(CatalogRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            if (shop.Added is { } added)
            {
                yield return new SyncPage<CatalogEntry>([.. added.Select(Entry)], new Checkpoint("all"));
                yield break;
            }

            var place = request.Location?.Ref.Id;
            var menu = shop.Menus.GetValueOrDefault(place ?? "") ?? [];
            var index = request.From is { Value: not "all" } from ? int.Parse(from.Value, CultureInfo.InvariantCulture) : 0;
            for (var page = 1; page == 1 || index < menu.Count; page++)
            {
                await shop.BeforePage("catalog", page, cancellationToken);
                var taken = menu.Skip(index).Take(request.PageSize).ToList();
                index += taken.Count;
                var last = index >= menu.Count;
                yield return new SyncPage<CatalogEntry>([.. taken.Select(Entry)], new Checkpoint(last ? "all" : index.ToString(CultureInfo.InvariantCulture)))
                {
                    Listing = last ? Listing.End : Listing.Part,
                };
            }
        }

        private static Change<CatalogEntry> Entry(string id)
            => Change.Upsert<CatalogEntry>(id, new CatalogItem { Ref = new ExternalRef("shop", id), Name = id, Active = true });

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
