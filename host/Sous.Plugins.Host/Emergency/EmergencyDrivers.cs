using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Live;
using Sous.Plugins.Host.Storage;
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
        var driver = new DriverId(id);
        DriverRow? row;
        Finding? refusal;
        try
        {
            (row, refusal) = await plugins.DisableAsync(id, actor, Action, cancellationToken);
        }
        catch (StorageException)
        {
            // It may be stored, and only be carried out later: what is under way is stopped now.
            Stop(driver);
            throw;
        }

        return row is null ? (null, 0, refusal) : (row, Stop(driver), null);
    }

    private int Stop(DriverId driver)
    {
        calls.Stop(driver, "The driver was disabled by the operator while it answered.");
        return queue.Suspend(request => request.Driver == driver, "The driver was disabled by the operator while it ran.");
    }
}
