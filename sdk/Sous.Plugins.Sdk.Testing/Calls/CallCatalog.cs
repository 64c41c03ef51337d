using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Sdk.Testing.Calls;

/// <summary>What can be asked of a driver, by the capabilities that it has.</summary>
internal static class CallCatalog
{
    public const string LocationsName = "discovery of locations";
    public const string SalesName = "fetch of sales";

    public static DriverCall Probe { get; } = Single("probe", CallKind.Probe, async (driver, token) =>
        RecordView.Of("account", await driver.ProbeAsync(token).ConfigureAwait(false)));

    public static DriverCall Locations { get; } = new(LocationsName, CallKind.Single, DiscoverAsync);

    public static DriverCall Sales(SalesRequest request) => new(SalesName, CallKind.Stream, (driver, from, token) =>
        Views(((IPosDriver)driver).FetchSalesAsync(request with { From = from }, token), token)) { Stream = StreamName.Sales.Value, Resized = size => Sales(request with { PageSize = size }) };

    public static DriverCall SalesOfRange(SalesRequest request) => new("fetch of a range of sales", CallKind.Single, (driver, _, token) =>
        Views(((IPosDriver)driver).FetchSalesAsync(request with { Bounded = true }, token), token)) { PartOf = SalesName };

    public static DriverCall Catalog(CatalogRequest request) => new("fetch of the catalogue", CallKind.Stream, (driver, from, token) =>
        Views(((IPosDriver)driver).FetchCatalogAsync(request with { From = from }, token), token)) { Stream = StreamName.Catalog.Value, Resized = size => Catalog(request with { PageSize = size }) };

    public static DriverCall DayTotals(Location location, DateOnly day)
        => Single($"totals of {day.ToString("O", CultureInfo.InvariantCulture)}", CallKind.Single, async (driver, token) =>
            RecordView.Of("day", await ((IBusinessDayTotals)driver).ReadDayTotalsAsync(location, day, token).ConfigureAwait(false)));

    public static DriverCall Watch(FolderRequest request) => new("watch of a folder", CallKind.Stream, (driver, from, token) =>
        Views(((IStorageDriver)driver).WatchFolderAsync(request with { From = from }, token), token)) { Stream = StreamName.Files.Value, Resized = size => Watch(request with { PageSize = size }) };

    public static DriverCall List(FolderRequest request) => new("list of a folder", CallKind.Stream, (driver, from, token) =>
        Views(((IStorageDriver)driver).ListFilesAsync(request with { From = from }, token), token)) { Stream = StreamName.Files.Value, Resized = size => List(request with { PageSize = size }) };

    public static DriverCall Content(string file) => Single("fetch of a file", CallKind.Content, async (driver, token) =>
    {
        var content = await ((IStorageDriver)driver).FetchFileAsync(new FileRequest { FileId = file }, token).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"The sample service has no file {file}.");
        await using (content.ConfigureAwait(false))
        {
            var hash = await SHA256.HashDataAsync(content.Content, token).ConfigureAwait(false);
            return RecordView.Of(file, $"{content.MimeType} {Convert.ToHexString(hash)}");
        }
    });

    private static async IAsyncEnumerable<PageView> DiscoverAsync(IDriver driver, Checkpoint? from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var locations = await ((ILocationDirectory)driver).DiscoverLocationsAsync(cancellationToken).ConfigureAwait(false);
        yield return PageView.Of([.. locations.Select(location => RecordView.Of(location.Ref.Id, location))]);
    }

    private static DriverCall Single(string name, CallKind kind, Func<IDriver, CancellationToken, Task<RecordView>> call)
    {
        return new DriverCall(name, kind, RunAsync);

        async IAsyncEnumerable<PageView> RunAsync(IDriver driver, Checkpoint? from, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return PageView.Of(await call(driver, cancellationToken).ConfigureAwait(false));
        }
    }

    private static async IAsyncEnumerable<PageView> Views<T>(IAsyncEnumerable<SyncPage<T>> pages, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        await foreach (var page in pages.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return PageView.Of(page);
        }
    }
}
