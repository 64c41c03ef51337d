using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Live;

/// <summary>A tenant's sales and catalogue as its point of sale has them now.</summary>
internal static class PosEndpoint
{
    public const int LongestId = 200;

    /// <summary>
    /// Sales of business days, inclusive, or of instants, the last exclusive. Services list sales by their time of change, which
    /// is never before a sale's day: so all that changed since the beginning is read, and what belongs to the span is kept. A
    /// sale that changes meanwhile may come twice; its later line counts. Without a location it is the mapped ones: as in the
    /// feed, those that nobody has mapped are not the tenant's yet.
    /// </summary>
    public static async Task<IResult> SalesAsync(TenantId tenant, HttpRequest request, LiveDrivers drivers, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var (location, connection) = (parameters.Text("location", LongestId), parameters.Text("connection", LongestId));
        var span = SalesSpan.Read(parameters);
        if (parameters.Errors is { Count: > 0 } errors || span is null)
        {
            return Problems.Invalid([.. parameters.Errors]);
        }

        var (driver, refusal) = await drivers.OpenAsync(tenant, DriverCapability.Pos, connection, cancellationToken);
        if (driver is not { Driver: IPosDriver pos })
        {
            return refusal ?? Problems.NotFound();
        }

        if (driver.Offers(StreamName.Sales) is not { } stream)
        {
            return await RefuseAsync(driver, Problems.Conflict("capability_absent", "The driver of this connection does not offer sales."));
        }

        var known = await KnownAsync(registry, driver.Connection, location, cancellationToken);
        var locations = ToAsk(known, location, stream);
        if (locations.Count == 0)
        {
            return await RefuseAsync(driver, Absent(known, location));
        }

        return new RecordLines<Sale>(driver, token => SalesAsync(pos, stream, locations, span, clock.GetUtcNow(), token), CanonicalJson.Default.Sale);
    }

    /// <summary>The whole catalogue, of every location where the service has one for each.</summary>
    public static async Task<IResult> CatalogAsync(TenantId tenant, HttpRequest request, LiveDrivers drivers, IRegistry registry, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var (location, connection) = (parameters.Text("location", LongestId), parameters.Text("connection", LongestId));
        if (parameters.Errors is { Count: > 0 } errors)
        {
            return Problems.Invalid([.. errors]);
        }

        var (driver, refusal) = await drivers.OpenAsync(tenant, DriverCapability.Pos, connection, cancellationToken);
        if (driver is not { Driver: IPosDriver pos })
        {
            return refusal ?? Problems.NotFound();
        }

        if (driver.Offers(StreamName.Catalog) is not { } stream)
        {
            return await RefuseAsync(driver, Problems.Conflict("capability_absent", "The driver of this connection does not offer a catalogue."));
        }

        var known = await KnownAsync(registry, driver.Connection, location, cancellationToken);
        var locations = ToAsk(known, location, stream);
        if (locations.Count == 0)
        {
            return await RefuseAsync(driver, Absent(known, location));
        }

        var currency = locations[0].Currency;
        IReadOnlyList<Location?> scopes = stream.Scope == StreamScope.Location ? [.. locations] : new Location?[] { null };
        return new RecordLines<CatalogEntry>(driver, token => CatalogAsync(pos, stream, scopes, currency, token), CanonicalJson.Default.CatalogEntry);
    }

    private static async Task<IResult> RefuseAsync(LiveDriver driver, IResult refusal)
    {
        await driver.DisposeAsync();
        return refusal;
    }

    private static ProblemHttpResult Absent(IReadOnlyList<MappedLocation> known, string? location) => (known.Count, location) switch
    {
        (_, not null) => Problems.NotFound(),
        (0, _) => Problems.Conflict("locations_unknown", "No location of the connection is known yet."),
        _ => Problems.Conflict("locations_unmapped", "No location of the connection is mapped yet: map one, or name it by the service's id in 'location'."),
    };

    /// <param name="wanted">The platform's own id of a location, or the service's; null for all that the service still names: for another its answer would be a failure.</param>
    private static async Task<IReadOnlyList<MappedLocation>> KnownAsync(IRegistry registry, ConnectionId connection, string? wanted, CancellationToken cancellationToken)
        => [.. (await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection), cancellationToken))
            .Where(known => wanted is null ? known.VanishedAt is null : known.OwnId == wanted || known.Location.Ref.Id == wanted)];

    /// <summary>What has no location passes without a mapping, as in the feed.</summary>
    private static IReadOnlyList<Location> ToAsk(IReadOnlyList<MappedLocation> known, string? wanted, StreamManifest stream)
        => [.. known.Where(place => wanted is not null || stream.Scope != StreamScope.Location || place.OwnId is not null).Select(static place => place.Effective)];

    private static async IAsyncEnumerable<SyncPage<Sale>> SalesAsync(
        IPosDriver pos, StreamManifest stream, IReadOnlyList<Location> locations, SalesSpan span, DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var location in locations)
        {
            var begin = span.BeginOf(location);
            while (begin < now)
            {
                var end = stream.WindowDays is { } days && begin.AddDays(days) < now ? begin.AddDays(days) : now;
                // What a sync would refuse, a driver that goes round in a circle too, ends the lines as a defect.
                var guard = new PageGuard(stream);
                var request = new SalesRequest { Location = location, Range = new InstantRange(begin, end), Bounded = true, PageSize = stream.PageLimit };
                await foreach (var page in pos.FetchSalesAsync(request, cancellationToken))
                {
                    guard.Check(page);
                    yield return page with { Changes = [.. page.Changes.Where(change => change.Record is { } sale && span.Holds(sale))] };
                }

                begin = end;
            }
        }
    }

    private static async IAsyncEnumerable<SyncPage<CatalogEntry>> CatalogAsync(
        IPosDriver pos, StreamManifest stream, IReadOnlyList<Location?> locations, string currency, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var location in locations)
        {
            var guard = new PageGuard(stream);
            await foreach (var page in pos.FetchCatalogAsync(new CatalogRequest { Location = location, Currency = location?.Currency ?? currency, PageSize = stream.PageLimit }, cancellationToken))
            {
                guard.Check(page);
                yield return page;
            }
        }
    }
}
