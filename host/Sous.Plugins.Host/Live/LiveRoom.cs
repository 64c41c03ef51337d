using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Live.Development;

namespace Sous.Plugins.Host.Live;

internal static class LiveRoom
{
    /// <summary>The Integration Factory over HTTP: what a tenant's driver answers now, past the store. Needs the rooms of Connections, Authorization, Locations and Syncing.</summary>
    public static IServiceCollection AddLive(this IServiceCollection services) => services.AddSingleton<LiveDrivers>().AddSingleton<RecordedPages>();

    public static void MapLive(this IEndpointRouteBuilder routes)
    {
        var tenant = routes.MapGroup("/api/v1/tenants/{tenant}").RequireAccess(AccessLevel.Tenant).NeedsAdoption();
        tenant.MapGet("pos/sales", PosEndpoint.SalesAsync);
        tenant.MapGet("pos/catalog", PosEndpoint.CatalogAsync);
        tenant.MapGet("storage/files", StorageEndpoint.ListAsync);
        tenant.MapGet("storage/folders", StorageEndpoint.ListFoldersAsync);
        tenant.MapGet("storage/files/{id}/content", StorageEndpoint.FetchAsync);
        var page = routes.MapGroup("/api/v1/drivers/{id}/page").RequireAccess(AccessLevel.Admin);
        page.MapPost("", PageEndpoint.CompareAsync);
        page.MapDelete("", PageEndpoint.Forget);
    }
}
