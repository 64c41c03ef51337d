using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Live.Development;
using Sous.Plugins.Host.Live.Proxy;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Live;

internal static class LiveRoom
{
    private const string Lines = "application/x-ndjson";
    private const string Bytes = "application/octet-stream";

    /// <summary>The Integration Factory over HTTP: what a tenant's driver answers now, past the store. Needs the rooms of Connections, Authorization, Locations and Syncing.</summary>
    public static IServiceCollection AddLive(this IServiceCollection services) => services.AddSingleton<LiveCalls>().AddSingleton<LiveDrivers>().AddSingleton<RecordedPages>();

    public static void MapLive(this IEndpointRouteBuilder routes)
    {
        var tenant = routes.MapGroup("/api/v1/tenants/{tenant}").RequireAccess(AccessLevel.Tenant).NeedsAdoption()
            .Conflicts("capability_absent", "connection_ambiguous", "connection_paused", "driver_quarantined", "misconfigured", "needs_reconnect")
            .Refuses(StatusCodes.Status502BadGateway, LiveFailure.Defect)
            .Refuses(StatusCodes.Status503ServiceUnavailable, "rate_limited", "service_unavailable");
        MapPos(tenant);
        MapStorage(tenant);
        tenant.MapProxy();
        var page = routes.MapGroup("/api/v1/drivers/{id}/page").RequireAccess(AccessLevel.Admin);
        page.MapPost("", PageEndpoint.CompareAsync)
            .Describe("comparePage", "Maps a recorded page by the build that serves", "For a driver's author: compared with how the build before mapped it.")
            .Example("""{ "stream": "sales" }""")
            .Conflicts("connection_ambiguous", "connection_missing", "connection_not_ok", "driver_not_loaded", "misconfigured", "needs_reconnect")
            .Refuses(StatusCodes.Status502BadGateway, LiveFailure.Defect, "page_refused")
            .Refuses(StatusCodes.Status503ServiceUnavailable, "rate_limited", "service_unavailable");
        page.MapDelete("", PageEndpoint.Forget)
            .Describe("forgetPage", "Forgets the recorded page");
    }

    private static void MapPos(RouteGroupBuilder tenant)
    {
        tenant.MapGet("pos/sales", PosEndpoint.SalesAsync)
            .Describe("fetchSales", "Fetches sales from the tenant's point of sale now", "A line of JSON each; a failure midway is a last line `{\"error\": …}`. Days are business days, inclusive; of instants the last is exclusive.")
            .TakesInstant("from", "The first day, or an instant.")
            .TakesInstant("to", "The last day, or an instant.")
            .TakesText("location", PosEndpoint.LongestId, "By the platform's own id or the service's; the mapped ones otherwise.")
            .TakesConnection()
            .Produces<Sale>(StatusCodes.Status200OK, Lines)
            .Conflicts("locations_unknown", "locations_unmapped");
        tenant.MapGet("pos/catalog", PosEndpoint.CatalogAsync)
            .Describe("fetchCatalog", "Fetches the catalogue from the tenant's point of sale now", "A line of JSON each; a failure midway is a last line `{\"error\": …}`.")
            .TakesText("location", PosEndpoint.LongestId, "By the platform's own id or the service's; the mapped ones otherwise.")
            .TakesConnection()
            .Produces<CatalogEntry>(StatusCodes.Status200OK, Lines)
            .Conflicts("locations_unknown", "locations_unmapped");
    }

    private static void MapStorage(RouteGroupBuilder tenant)
    {
        tenant.MapGet("storage/files", StorageEndpoint.ListAsync)
            .Describe("listFiles", "Lists files at the tenant's storage service now", "A line of JSON each; a failure midway is a last line `{\"error\": …}`.")
            .TakesText("folder", PosEndpoint.LongestId, "The files of this folder; those of the folders in the connection's settings otherwise.")
            .TakesConnection()
            .Produces<StorageFile>(StatusCodes.Status200OK, Lines);
        tenant.MapGet("storage/folders", StorageEndpoint.ListFoldersAsync)
            .Describe("listFolders", "Lists folders at the tenant's storage service now", "Those to choose the settings' folders from. A line of JSON each; a failure midway is a last line `{\"error\": …}`.")
            .TakesText("folder", PosEndpoint.LongestId, "The folders of this folder; the topmost that the account can see otherwise.")
            .TakesConnection()
            .Produces<StorageFile>(StatusCodes.Status200OK, Lines);
        tenant.MapGet("storage/files/{id}/content", StorageEndpoint.FetchAsync)
            .Describe("fetchFile", "Fetches a file's content now", "Whole, or one range of it by `Range`. A content that breaks off ends with the connection cut, never as a whole answer.")
            .TakesText("type", PosEndpoint.LongestId, "The media type to export it to, where the service can.")
            .TakesConnection()
            .Produces<Stream>(StatusCodes.Status200OK, Bytes)
            .Produces<Stream>(StatusCodes.Status206PartialContent, Bytes)
            .Produces(StatusCodes.Status416RangeNotSatisfiable);
    }

    private static RouteHandlerBuilder TakesConnection(this RouteHandlerBuilder route)
        => route.TakesText("connection", PosEndpoint.LongestId, "Which connection, where several could answer.");
}
