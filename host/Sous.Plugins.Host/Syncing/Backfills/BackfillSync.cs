using System.Globalization;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing.Backfills;

/// <summary>Fetches a backfill's windows of one scope, newest first, and keeps which are done. Between two of them it gives way, and stops where its hours are over.</summary>
internal sealed class BackfillSync(IBackfills backfills, ScopeSync scopes, IRegistry registry, TimeProvider clock)
{
    /// <summary>The runs that it gives way to take their turn meanwhile.</summary>
    private static readonly TimeSpan s_giveWay = TimeSpan.FromSeconds(5);

    /// <exception cref="DriverException">As with <see cref="ScopeSync.RunAsync"/>, whose other exceptions come too.</exception>
    public async Task<RunEnd> RunAsync(IDriver driver, StreamManifest stream, ScopeWork work, ActiveRun active, CancellationToken cancellationToken)
    {
        foreach (var window in work.Windows ?? [])
        {
            if (active.GivesWay)
            {
                return new RunEnd(SyncOutcome.RetryLater, "It gave way to another run of its sync, and goes on after it.", Trouble.Waiting, s_giveWay) { GoesOn = true, StopsRun = true };
            }

            if (active.Request.OnlyInQuietHours && await WaitAsync(active.Request.Key, work, cancellationToken) is { } wait && wait > TimeSpan.Zero)
            {
                var next = (clock.GetUtcNow() + wait).UtcDateTime;
                return new RunEnd(SyncOutcome.RetryLater, string.Create(CultureInfo.InvariantCulture, $"It goes on in the next quiet hours, from {next:yyyy-MM-dd HH:mm} UTC."), Trouble.Waiting, wait) { GoesOn = true };
            }

            await scopes.RunAsync(driver, stream, work with { Ranges = [window.Range] }, active, cancellationToken);
            await backfills.NoteDoneAsync(work.Tenant, work.Scope, active.Run.Fence, window.First, cancellationToken);
        }

        return RunEnd.Completed;
    }

    // Read before each window: they may be changed meanwhile.
    private async ValueTask<TimeSpan?> WaitAsync(SyncKey key, ScopeWork work, CancellationToken cancellationToken)
    {
        var sync = await registry.FindAsync(Sync.Collection, Sync.KeyOf(key), cancellationToken);
        return TimeZoneInfo.TryFindSystemTimeZoneById(sync?.TimeZone ?? work.Location?.TimeZone ?? "UTC", out var zone)
            ? sync?.QuietHours?.WaitAt(clock.GetUtcNow(), zone)
            : null;
    }
}
