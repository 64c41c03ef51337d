using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Drivers;

/// <summary><c>/api/v1/drivers</c>: which drivers there are, what they can do, and why one is not there.</summary>
internal static class DriversEndpoint
{
    public static void MapDrivers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/drivers", List);
        routes.MapGet("/api/v1/drivers/{id}", ShowAsync);
        var plugin = routes.MapGroup("/api/v1/drivers/{id}").RequireAccess(AccessLevel.Admin);
        plugin.MapPost("enable", (string id, string? folder, Caller caller, PluginChanges plugins, CancellationToken cancellationToken)
            => ChangeAsync(id, caller, plugins, "plugin.enabled", (path, driver) => folder is null ? PluginEntries.Enable(path, driver) : PluginEntries.Switch(path, driver, folder), cancellationToken));
        plugin.MapPost("disable", (string id, Caller caller, PluginChanges plugins, CancellationToken cancellationToken) => ChangeAsync(id, caller, plugins, "plugin.disabled", PluginEntries.Disable, cancellationToken));
        plugin.MapPost("pin", (string id, Caller caller, PluginChanges plugins, CancellationToken cancellationToken) => ChangeAsync(id, caller, plugins, "plugin.pinned", PluginEntries.Pin, cancellationToken));
        plugin.MapPost("release", ReleaseAsync);
    }

    private static async Task<Results<Ok<DriverView>, ProblemHttpResult>> ReleaseAsync(string id, Caller caller, DriverCatalog catalog, Quarantines quarantines, CancellationToken cancellationToken)
        => catalog.Rows.All(row => row.Id.Value != id) ? Problems.NotFound()
            : await quarantines.ReleaseAsync(new DriverId(id), caller.KeyId, cancellationToken) ? TypedResults.Ok(DriverView.Of(catalog.Rows.First(row => row.Id.Value == id)))
            : Problems.Conflict("not_quarantined", $"The driver {id} is not quarantined.");

    private static async Task<Results<Ok<DriverView>, ProblemHttpResult>> ChangeAsync(
        string id, Caller caller, PluginChanges plugins, string action, Func<string, string, Finding?> change, CancellationToken cancellationToken)
    {
        try
        {
            var (row, refusal) = await plugins.ChangeAsync(id, caller.KeyId, action, change, cancellationToken);
            return row is not null ? TypedResults.Ok(DriverView.Of(row)) : Problems.Conflict("plugin_refused", $"{refusal?.Reason} {refusal?.Remedy}");
        }
        catch (PluginsFileException e)
        {
            return Problems.Conflict("plugins_file", e.Message);
        }
    }

    private static Ok<DriverList> List(DriverCatalog catalog) => TypedResults.Ok(new DriverList(catalog.Rows.Select(DriverView.Of).ToList(), null));

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

    /// <summary>All of them: there is never a next page.</summary>
    private sealed record DriverList(IReadOnlyList<DriverView> Items, string? Next);
}
