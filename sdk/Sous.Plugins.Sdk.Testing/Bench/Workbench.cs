using System.Text.Json;
using Json.Schema;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Sdk.Testing.Calls;
using Sous.Plugins.Sdk.Testing.Loading;
using Sous.Plugins.Sdk.Testing.Rules;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Bench;

/// <summary>A loaded driver in front of a service, with what each of its calls gives while all is well.</summary>
internal sealed class Workbench : IAsyncDisposable
{

    private readonly HttpMessageInvoker _upstream;
    private readonly List<CleanRun> _runs = [];
    private readonly List<string> _strayed = [];

    private Workbench(LoadedDriver driver, SampleService service)
    {
        (Driver, Service) = (driver, service);
        _upstream = service.Handler is { } handler
            ? new HttpMessageInvoker(handler, disposeHandler: false)
            : new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, AutomaticDecompression = System.Net.DecompressionMethods.All });
    }

    public LoadedDriver Driver { get; }

    public SampleService Service { get; }

    public CapturedLog Log { get; } = new();

    /// <summary>Every call that the driver offers, once, at the healthy service.</summary>
    public IReadOnlyList<CleanRun> Runs => _runs;

    /// <summary>Those that succeeded: only with them can anything be compared.</summary>
    public IReadOnlyList<CleanRun> Working => _runs.FindAll(run => run.Failure is null);

    /// <summary>Those of them that come in pages.</summary>
    public IReadOnlyList<CleanRun> Streams => _runs.FindAll(run => run is { Failure: null, Call.Kind: CallKind.Stream });

    /// <summary>What went where no host would let it.</summary>
    public IReadOnlyList<string> Strayed => _strayed;

    /// <summary>Where sales are fetched, or null for a driver without.</summary>
    public Location? Location { get; private set; }

    /// <summary>What to search the driver's words for.</summary>
    public IEnumerable<string> Secrets => Service.Secrets.Append(Service.AccessToken).Concat(Service.Webhooks.Select(webhook => webhook.Secret)).Select(secret => secret.Reveal()).Distinct();

    /// <summary>A driver of its own, over a handler of its own.</summary>
    public Session Open(Interceptor? interceptor = null) => Session.Open(Driver, Service, _upstream, Log, interceptor);

    public static async Task<Workbench> PrepareAsync(LoadedDriver driver, SampleService service, CancellationToken cancellationToken)
    {
        var bench = new Workbench(driver, service);
        try
        {
            if (driver.Manifest.Settings is { } schema && ManifestRule.ErrorsOf(JsonSchema.FromText(schema.GetRawText()), JsonElement.Parse(service.Settings)).ToList() is [var error, ..])
            {
                throw new InvalidOperationException($"The sample service's Settings do not fit the manifest's: {error}.");
            }

            await bench.RunAllAsync(cancellationToken).ConfigureAwait(false);
            return bench;
        }
        catch
        {
            await bench.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _upstream.Dispose();
        return Service.DisposeAsync();
    }

    private async Task RunAllAsync(CancellationToken cancellationToken)
    {
        await TryAsync(CallCatalog.Probe, cancellationToken).ConfigureAwait(false);
        if (await HasAsync<ILocationDirectory>().ConfigureAwait(false))
        {
            var found = await TryAsync(CallCatalog.Locations, cancellationToken).ConfigureAwait(false);
            var locations = found.Pages.SelectMany(page => page.Records).Select(record => record.Record).OfType<Location>().ToList();
            Location = locations.Find(location => Service.LocationId is { } id ? location.Ref.Id == id : location.Active);
        }

        Location ??= Service.Location;
        if (await HasAsync<IPosDriver>().ConfigureAwait(false))
        {
            await RunSalesAsync(cancellationToken).ConfigureAwait(false);
        }

        if (await HasAsync<IStorageDriver>().ConfigureAwait(false))
        {
            var folder = new FolderRequest { PageSize = Service.PageSize };
            await TryAsync(CallCatalog.Watch(folder), cancellationToken).ConfigureAwait(false);
            await TryAsync(CallCatalog.List(folder), cancellationToken).ConfigureAwait(false);
            if (Service.FileId is { } file)
            {
                await TryAsync(CallCatalog.Content(file), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RunSalesAsync(CancellationToken cancellationToken)
    {
        if (Location is { } location && Driver.Manifest.Streams.FirstOrDefault(stream => stream.Name == StreamName.Sales.Value) is { } stream)
        {
            var now = Service.Clock.GetUtcNow();
            var request = new SalesRequest { Location = location, Range = Service.Range ?? new InstantRange(now.AddDays(-stream.BackfillDays), now), PageSize = Service.PageSize };
            var sales = await TryAsync(CallCatalog.Sales(request), cancellationToken).ConfigureAwait(false);
            await TryAsync(CallCatalog.SalesOfRange(request), cancellationToken).ConfigureAwait(false);
            var days = sales.Pages.SelectMany(page => page.Records).Select(record => record.Record).OfType<Sale>().SelectMany(sale => sale.Payments).Select(payment => payment.BusinessDate);
            if (await HasAsync<IBusinessDayTotals>().ConfigureAwait(false) && days.DefaultIfEmpty().Max() is var day && day != default)
            {
                await TryAsync(CallCatalog.DayTotals(location, day), cancellationToken).ConfigureAwait(false);
            }
        }

        if (Driver.Manifest.Streams.FirstOrDefault(stream => stream.Name == StreamName.Catalog.Value) is { } catalog)
        {
            var at = catalog.Scope == Manifests.StreamScope.Location ? Location : null;
            await TryAsync(CallCatalog.Catalog(new CatalogRequest { Location = at, Currency = Location?.Currency, PageSize = Service.PageSize }), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the driver that the factory makes has a capability.</summary>
    private async ValueTask<bool> HasAsync<T>()
    {
        var session = Open();
        await using (session.ConfigureAwait(false))
        {
            return session.Driver is T;
        }
    }

    private async Task<CleanRun> TryAsync(DriverCall call, CancellationToken cancellationToken)
    {
        var session = Open();
        var flow = Flow.Begin();
        await using (session.ConfigureAwait(false))
        {
            var outcome = await session.RunAsync(call, null, cancellationToken).ConfigureAwait(false);
            var run = new CleanRun(call, outcome.Pages, session.Wire.Seen.Count, outcome.Failure);
            _strayed.AddRange(session.Wire.Refused.Distinct().Select(to => $"The {call.Name} called {to}, which the manifest does not allow."));
            _strayed.AddRange(flow.Outside.Distinct().Select(to => $"The {call.Name} went past the host's handler: {to}."));
            _runs.Add(run);
            return run;
        }
    }
}
