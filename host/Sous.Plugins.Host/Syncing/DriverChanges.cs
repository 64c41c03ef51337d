using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Where another generation of a driver serves, its connections' syncs are looked at anew: its manifest may offer other streams.</summary>
internal sealed partial class DriverChanges(DriverCatalog catalog, SyncScheduler scheduler, IRegistry registry, IHostApplicationLifetime lifetime, ILogger<DriverChanges> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        catalog.Changed += OnChanged;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        catalog.Changed -= OnChanged;
        return Task.CompletedTask;
    }

    private void OnChanged(DriverId driver) => _ = Task.Run(() => ResumeAsync(driver, lifetime.ApplicationStopping));

    private async Task ResumeAsync(DriverId driver, CancellationToken stopping)
    {
        try
        {
            var all = await registry.ListAsync(Connection.Collection, "", stopping);
            await scheduler.ResumeAsync(all.Where(connection => connection.Driver == driver && !connection.IsOver).Select(static connection => connection.Id), stopping);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(logger, driver, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2030, Level = LogLevel.Error, Message = "The syncs of driver {Driver} could not be looked at anew; they go on as they were until the next restart.")]
        public static partial void Failed(ILogger logger, DriverId driver, Exception exception);
    }
}
