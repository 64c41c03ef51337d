using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Acme_1;

/// <summary>One connection. It keeps nothing between its calls: where a stream got to is in its checkpoints, which the host keeps.</summary>
internal sealed class Driver(Api api) : IPosDriver, ILocationDirectory
{
    private const int MostAtOnce = 100;

    // In front of every checkpoint: a later version of this driver can tell what it has before it.
    private const string Version = "1:";

    public async ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var account = await api.GetAsync("account", WireJson.Default.AccountAnswer, cancellationToken).ConfigureAwait(false);
        return new ProbeResult { AccountId = account.Id, AccountName = account.Name };
    }

    public async ValueTask<IReadOnlyList<Location>> DiscoverLocationsAsync(CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync("locations", WireJson.Default.LocationsAnswer, cancellationToken).ConfigureAwait(false);
        return [.. answer.Locations.Select(Mapping.Location)];
    }

    public async IAsyncEnumerable<SyncPage<Sale>> FetchSalesAsync(SalesRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = QueryOf(request);
        var cursor = request.From is { } from ? Read(from) : null;
        var seen = new HashSet<string>(StringComparer.Ordinal) { cursor ?? "" };
        while (true)
        {
            var path = cursor is null ? $"sales?{query}" : $"sales?{query}&cursor={Uri.EscapeDataString(cursor)}";
            var answer = await api.GetAsync(path, WireJson.Default.SalesAnswer, cancellationToken).ConfigureAwait(false);
            if (answer.More && (answer.Next is null || !seen.Add(answer.Next)))
            {
                throw Strange("Acme-1 has more sales, and its cursor leads nowhere new.");
            }

            if (answer.Sales.Count > 0)
            {
                // Where it got to is stored with the page, or not at all: a crash in between loses nothing and doubles nothing.
                yield return new SyncPage<Sale>(Map(answer.Sales, sale => Mapping.Sale(sale, request.Location)), new Checkpoint(Version + (answer.Next ?? cursor)));
            }

            if (!answer.More)
            {
                yield break;
            }

            cursor = answer.Next;
        }
    }

    public async IAsyncEnumerable<SyncPage<CatalogEntry>> FetchCatalogAsync(CatalogRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Acme-1 tells no changes of its catalogue: each listing is a whole one, and a checkpoint without a cursor begins the next.
        var cursor = request.From is { } from ? Read(from) : "";
        var seen = new HashSet<string>(StringComparer.Ordinal) { cursor };
        do
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"items?limit={Math.Min(request.PageSize, MostAtOnce)}&cursor={Uri.EscapeDataString(cursor)}");
            var answer = await api.GetAsync(path, WireJson.Default.ItemsAnswer, cancellationToken).ConfigureAwait(false);
            cursor = answer.Next ?? "";
            if (cursor.Length > 0 && !seen.Add(cursor))
            {
                throw Strange("Acme-1's listing of the catalogue goes round in circles.");
            }

            yield return new SyncPage<CatalogEntry>(Map(answer.Items, Mapping.Item), new Checkpoint(Version + cursor)) { Listing = cursor.Length > 0 ? Listing.Part : Listing.End };
        }
        while (cursor.Length > 0);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string QueryOf(SalesRequest request)
    {
        var limit = string.Create(CultureInfo.InvariantCulture, $"location={Uri.EscapeDataString(request.Location.Ref.Id)}&limit={Math.Min(request.PageSize, MostAtOnce)}");
        var since = $"{limit}&since={Text(request.Range.From)}";
        return request.Bounded ? $"{since}&before={Text(request.Range.To)}" : since;
    }

    private static string Text(DateTimeOffset instant) => Uri.EscapeDataString(instant.ToString("O", CultureInfo.InvariantCulture));

    private static string Read(Checkpoint checkpoint) => checkpoint.Value.StartsWith(Version, StringComparison.Ordinal)
        ? checkpoint.Value[Version.Length..]
        : throw new DriverException(FailureKind.Misconfigured, "The checkpoint cannot be read; reset it.");

    private static List<Change<T>> Map<T>(IReadOnlyList<JsonElement> records, Func<JsonElement, Change<T>> map)
        where T : class
    {
        try
        {
            return [.. records.Select(map)];
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Defect, "A record of Acme-1's is not of the shape that this driver knows.", inner: e);
        }
    }

    // The service answered, but not in a way that anybody could build on: the run ends as suspect, and its checkpoint stays.
    private static DriverException Strange(string message) => new(FailureKind.Transient, message) { IsSuspect = true };
}
