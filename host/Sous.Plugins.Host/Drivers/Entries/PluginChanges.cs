using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Entries;

/// <summary>Changes plugins.json for a caller, and has the host take it up at once.</summary>
internal sealed class PluginChanges(DriverCatalog catalog, IRegistry registry, IOptions<DriversOptions> options, TimeProvider clock)
{
    /// <returns>What became of the plugin, or why nothing was changed.</returns>
    /// <exception cref="PluginsFileException">plugins.json cannot be used, or not be written.</exception>
    public async Task<(DriverRow? Row, Finding? Refusal)> ChangeAsync(string id, string actor, string action, Func<string, string, Finding?> change, CancellationToken cancellationToken)
    {
        _ = PluginsFile.Read(options.Value);
        if (change(options.Value.Plugins, id) is { } refusal)
        {
            return (null, refusal);
        }

        var audit = AuditEntry.Make(clock.GetUtcNow(), actor, action, target: id);
        await registry.AppendAsync(audit, cancellationToken);
        await catalog.RefreshAsync(cancellationToken);
        return (catalog.Rows.FirstOrDefault(row => row.Id == new DriverId(id)), new Finding($"plugins.json has no entry \"{id}\" any more.", "Somebody else changed it: look again."));
    }
}
