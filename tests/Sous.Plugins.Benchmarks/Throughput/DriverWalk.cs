using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Benchmarks.Throughput;

/// <summary>A driver's first sync of its main stream: every page is asked for as the host asks, and let go of.</summary>
internal sealed class DriverWalk(IDriver driver, DriverManifest manifest)
{
    private IReadOnlyList<Location> _locations = [];

    public async Task DiscoverAsync() => _locations = driver is ILocationDirectory directory ? await directory.DiscoverLocationsAsync(CancellationToken.None) : [];

    /// <returns>How many records came.</returns>
    public async Task<long> RunAsync() => driver switch
    {
        IPosDriver pos => await SalesAsync(pos),
        IStorageDriver storage => await CountAsync(storage.WatchFolderAsync(new FolderRequest { PageSize = PageOf(StreamName.Files) }, CancellationToken.None)),
        _ => throw new InvalidOperationException($"The driver of {manifest.Name} has neither sales nor files."),
    };

    private async Task<long> SalesAsync(IPosDriver pos)
    {
        var stream = manifest.Streams.First(static offered => offered.Name == StreamName.Sales.Value);
        var now = TimeProvider.System.GetUtcNow();
        var count = 0L;
        foreach (var location in _locations)
        {
            for (var begin = now.AddDays(-ThroughputBenchmark.Days - 1); begin < now;)
            {
                var end = stream.WindowDays is { } days && begin.AddDays(days) < now ? begin.AddDays(days) : now;
                var request = new SalesRequest { Location = location, Range = new InstantRange(begin, end), Bounded = true, PageSize = stream.PageLimit };
                count += await CountAsync(pos.FetchSalesAsync(request, CancellationToken.None));
                begin = end;
            }
        }

        return count;
    }

    private int PageOf(StreamName name) => manifest.Streams.First(offered => offered.Name == name.Value).PageLimit;

    private static async Task<long> CountAsync<T>(IAsyncEnumerable<SyncPage<T>> pages)
        where T : class
    {
        var count = 0L;
        await foreach (var page in pages)
        {
            count += page.Changes.Count;
        }

        return count;
    }
}
