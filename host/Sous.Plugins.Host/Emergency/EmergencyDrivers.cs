using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Live;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Emergency;

/// <summary>Takes a driver out of service at once: no run, call or webhook reaches it, and what is under way in it is stopped, not drained.</summary>
internal sealed class EmergencyDrivers(PluginChanges plugins, RunQueue queue, LiveCalls calls)
{
    public const string Action = "emergency.driver_disabled";

    /// <returns>What became of the plugin and how many runs were stopped, or why nothing was changed.</returns>
    /// <exception cref="PluginsFileException">plugins.json cannot be used, or not be written.</exception>
    public async Task<(DriverRow? Row, int Stopped, Finding? Refusal)> DisableAsync(string id, string actor, CancellationToken cancellationToken)
    {
        var (row, refusal) = await plugins.DisableAsync(id, actor, Action, cancellationToken);
        if (row is null)
        {
            return (null, 0, refusal);
        }

        var driver = new DriverId(id);
        calls.Stop(driver, "The driver was disabled by the operator while it answered.");
        return (row, queue.Suspend(request => request.Driver == driver, "The driver was disabled by the operator while it ran."), null);
    }
}
