using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Defects;

/// <summary>Keeps quarantines over restarts, and ends them by hand.</summary>
internal sealed partial class Quarantines(DriverDefects defects, DriverCatalog catalog, IRegistry registry, TimeProvider clock, ILogger<Quarantines> logger) : IHostedService
{
    private readonly Lock _gate = new();
    private Task _kept = Task.CompletedTask;

    /// <summary>Completes once every quarantine so far is written down, or could not be.</summary>
    public Task Kept
    {
        get
        {
            lock (_gate)
            {
                return _kept;
            }
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var quarantine in await registry.ListAsync(Quarantine.Collection, "", cancellationToken))
        {
            defects.Restore(quarantine);
        }

        defects.Quarantined += OnQuarantined;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        defects.Quarantined -= OnQuarantined;
        return Kept;
    }

    /// <summary>Lets the copy of a driver that is there now serve again.</summary>
    /// <param name="actor">Who says so, for the audit.</param>
    /// <returns>False where it is not quarantined.</returns>
    public async Task<bool> ReleaseAsync(DriverId id, string actor, CancellationToken cancellationToken)
    {
        if (!catalog.TryGet(id, out var driver) || defects.Find(driver.Build) is not { } quarantine)
        {
            return false;
        }

        // What is still being written down must not come back afterwards.
        await Kept.WaitAsync(cancellationToken);
        var audit = AuditEntry.Make(clock.GetUtcNow(), actor, "driver.released", target: id.Value, detail: quarantine.Reason);
        await registry.WriteAsync(
            transaction =>
            {
                transaction.Delete(Quarantine.Collection, Quarantine.KeyOf(quarantine.Build));
                transaction.Append(audit);
            },
            cancellationToken);
        defects.Release(quarantine.Build);
        Log.Released(logger, id, actor);
        catalog.LookAnew(id);
        return true;
    }

    // It may be called on the very thread that failed, which has no time for a disk.
    private void OnQuarantined(Quarantine quarantine)
    {
        lock (_gate)
        {
            _kept = Task.WhenAll(_kept, Task.Run(() => KeepAsync(quarantine)));
        }
    }

    private async Task KeepAsync(Quarantine quarantine)
    {
        try
        {
            var audit = AuditEntry.Make(clock.GetUtcNow(), AuditEntry.Host, "driver.quarantined", target: quarantine.Build.Driver.Value, detail: quarantine.Reason);
            await registry.WriteAsync(
                transaction =>
                {
                    transaction.Put(Quarantine.Collection, quarantine);
                    transaction.Append(audit);
                },
                CancellationToken.None);
        }
        catch (StorageException e)
        {
            Log.NotKept(logger, quarantine.Build.Driver, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1022, Level = LogLevel.Warning, Message = "The quarantine of driver {Driver} could not be written down: it lasts until the next restart.")]
        public static partial void NotKept(ILogger logger, DriverId driver, Exception exception);

        [LoggerMessage(EventId = 1023, Level = LogLevel.Information, Message = "Driver {Driver} was released from its quarantine by {Actor}.")]
        public static partial void Released(ILogger logger, DriverId driver, string actor);
    }
}
