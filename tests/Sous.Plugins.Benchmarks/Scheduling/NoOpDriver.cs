using System.Runtime.CompilerServices;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Benchmarks.Scheduling;

/// <summary>A driver that has nothing to tell, so that what is measured is the host's alone.</summary>
/// <param name="called">Told of each call; may wait.</param>
internal sealed class NoOpDriver(Func<ValueTask> called) : IPosDriver, IDriverFactory
{
    public const string Id = "noop";

    public static readonly DriverManifest Manifest = new()
    {
        Id = Id,
        Name = "Nothing",
        Version = "1.0.0",
        Assembly = "Nothing.dll",
        Contract = "1.0",
        ApiAddress = new Uri("https://nothing.test/"),
        Authorization = new AuthorizationManifest { Kind = AuthorizationKind.ApiKey },
        Streams =
        [
            new StreamManifest { Name = "sales", Scope = StreamScope.Location, Schedule = "0 4 1 1 *", PageLimit = 100, BackfillDays = 30, WindowDays = 30 },
            new StreamManifest { Name = "catalog", Scope = StreamScope.Connection, Schedule = "0 4 1 1 *", PageLimit = 100 },
        ],
    };

    public LoadedDriver Loaded => new(Manifest, this, 1, "", new HashSet<DriverCapability> { DriverCapability.Pos });

    public IDriver Create(DriverContext context) => this;

    public ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new ProbeResult());

    public async IAsyncEnumerable<SyncPage<Sale>> FetchSalesAsync(SalesRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await called();
        yield break;
    }

    public async IAsyncEnumerable<SyncPage<CatalogEntry>> FetchCatalogAsync(CatalogRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await called();
        yield break;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
