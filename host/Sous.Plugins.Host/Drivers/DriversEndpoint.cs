using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Drivers;

/// <summary><c>/api/v1/drivers</c>: which drivers there are, what they can do, and why one is not there.</summary>
internal static class DriversEndpoint
{
    private const string PluginRefused = "plugin_refused";
    private const string PluginsFile = "plugins_file";
    private const string Enabled = "plugin.enabled";

    public static void MapDrivers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/drivers", List)
            .Describe("listDrivers", "Lists the drivers", "With their state, what they can do, and why one is not there.");
        routes.MapGet("/api/v1/drivers/{id}", ShowAsync)
            .Describe("getDriver", "Tells of one driver", "An admin reads its webhook's address, its budget and its defects too.");
        var plugin = routes.MapGroup("/api/v1/drivers/{id}").RequireAccess(AccessLevel.Admin);
        plugin.MapPost("enable", (string id, string? folder, Caller caller, PluginChanges plugins, CancellationToken cancellationToken)
            => TellAsync(folder is null ? plugins.EnableAsync(id, caller.KeyId, Enabled, cancellationToken) : plugins.ChangeAsync(id, caller.KeyId, Enabled, (path, driver) => PluginEntries.Switch(path, driver, folder), cancellationToken)))
            .Describe("enableDriver", "Enables a driver, pinned to its bytes", "It is loaded without a restart.")
            .TakesText("folder", 200, "The folder of another version, beside the one that serves.")
            .Conflicts(PluginRefused, PluginsFile);
        plugin.MapPost("disable", (string id, Caller caller, PluginChanges plugins, CancellationToken cancellationToken) => TellAsync(plugins.DisableAsync(id, caller.KeyId, "plugin.disabled", cancellationToken)))
            .Describe("disableDriver", "Disables a driver", "Its connections do nothing until it is enabled.")
            .Conflicts(PluginRefused, PluginsFile);
        plugin.MapPost("pin", (string id, Caller caller, PluginChanges plugins, CancellationToken cancellationToken) => TellAsync(plugins.ChangeAsync(id, caller.KeyId, "plugin.pinned", PluginEntries.Pin, cancellationToken)))
            .Describe("pinDriver", "Pins a driver to the bytes that lie there now")
            .Conflicts(PluginRefused, PluginsFile);
        plugin.MapPost("release", ReleaseAsync)
            .Describe("releaseDriver", "Ends a driver's quarantine")
            .Conflicts("not_quarantined");
    }

    private static async Task<Results<Ok<DriverView>, ProblemHttpResult>> ReleaseAsync(string id, Caller caller, DriverCatalog catalog, Quarantines quarantines, CancellationToken cancellationToken)
        => catalog.Rows.All(row => row.Id.Value != id) ? Problems.NotFound()
            : await quarantines.ReleaseAsync(new DriverId(id), caller.KeyId, cancellationToken) ? TypedResults.Ok(DriverView.Of(catalog.Rows.First(row => row.Id.Value == id)))
            : Problems.Conflict("not_quarantined", $"The driver {id} is not quarantined.");

    private static async Task<Results<Ok<DriverView>, ProblemHttpResult>> TellAsync(Task<(DriverRow? Row, Finding? Refusal)> change)
    {
        try
        {
            var (row, refusal) = await change;
            return row is not null ? TypedResults.Ok(DriverView.Of(row)) : Problems.Conflict(PluginRefused, $"{refusal?.Reason} {refusal?.Remedy}");
        }
        catch (PluginsFileException e)
        {
            return Problems.Conflict(PluginsFile, e.Message);
        }
    }

    private static Ok<ItemList<DriverView>> List(DriverCatalog catalog) => TypedResults.Ok(ItemList.Of(catalog.Rows.Select(DriverView.Of)));

    private static async Task<Results<Ok<DriverView>, ProblemHttpResult>> ShowAsync(
        string id, Caller? caller, DriverCatalog catalog, DriverDefects defects, CallBudgets budgets, DriverWebhooks webhooks, CancellationToken cancellationToken)
        => catalog.Rows.FirstOrDefault(r => r.Id == new DriverId(id)) is not { } row ? Problems.NotFound()
            : caller?.IsAdmin != true ? TypedResults.Ok(DriverView.Of(row))
            : TypedResults.Ok(DriverView.Of(row) with
            {
                Webhook = await webhooks(row, cancellationToken),
                Budget = budgets.Find(row.Id)?.View(),
                Defects = row.Sha256 is { } sha256 ? defects.ListOf(new DriverBuild(row.Id, sha256)) : [],
            });
}
