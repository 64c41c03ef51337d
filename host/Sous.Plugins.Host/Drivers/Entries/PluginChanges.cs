using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Drivers.Sharing;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Entries;

/// <summary>Changes plugins.json for a caller, and has the host take it up at once.</summary>
internal sealed class PluginChanges(DriverCatalog catalog, IRegistry registry, IOptions<DriversOptions> options, TimeProvider clock, SharedEntries? shared = null)
{
    /// <summary>Lets a plugin be loaded: where several hosts share it, by all of them.</summary>
    /// <inheritdoc cref="ChangeAsync"/>
    public Task<(DriverRow? Row, Finding? Refusal)> EnableAsync(string id, string actor, string action, CancellationToken cancellationToken)
        => StopAsync(id, stop: false, actor, action, PluginEntries.Enable, cancellationToken);

    /// <summary>Keeps a plugin from being loaded: where several hosts share it, by all of them.</summary>
    /// <inheritdoc cref="ChangeAsync"/>
    public Task<(DriverRow? Row, Finding? Refusal)> DisableAsync(string id, string actor, string action, CancellationToken cancellationToken)
        => StopAsync(id, stop: true, actor, action, PluginEntries.Disable, cancellationToken);

    /// <param name="change">Changes the plugins.json at that path for that driver.</param>
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
        shared?.Prefer(id);
        return await TakeUpAsync(id);
    }

    private async Task<(DriverRow? Row, Finding? Refusal)> StopAsync(string id, bool stop, string actor, string action, Func<string, string, Finding?> change, CancellationToken cancellationToken)
    {
        // A file that cannot be read would keep the change from being carried out.
        _ = PluginsFile.Read(options.Value);
        var audit = AuditEntry.Make(clock.GetUtcNow(), actor, action, target: id);
        return shared is not null && await shared.StopAsync(id, stop, audit, cancellationToken) && (stop || !LiesUnlisted(id))
            ? await TakeUpAsync(id)
            : await ChangeAsync(id, actor, action, change, cancellationToken);
    }

    /// <summary>Whether a folder of it lies there for which this host's plugins.json has no entry.</summary>
    private bool LiesUnlisted(string id)
    {
        var file = PluginsFile.Read(options.Value);
        return file.Entries.All(entry => entry.Id != id) && PluginInspection.FindUnlisted(file).Select(PluginInspection.Inspect).Any(plugin => plugin.Id == id);
    }

    private async Task<(DriverRow? Row, Finding? Refusal)> TakeUpAsync(string id)
    {
        // Decided, it is carried out, whoever hangs up.
        await catalog.RefreshAsync(CancellationToken.None);
        return (catalog.Rows.FirstOrDefault(row => row.Id == new DriverId(id)), new Finding($"plugins.json has no entry \"{id}\" any more.", "Somebody else changed it: look again."));
    }
}
