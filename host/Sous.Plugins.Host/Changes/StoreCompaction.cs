using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Changes;

/// <summary>Drops versions and runs that are kept no longer, a while after the start and then once a day.</summary>
internal sealed partial class StoreCompaction(
    IChangeStore store, IOptions<ChangesOptions> options, IOptions<SyncingOptions> syncing, TimeProvider clock, ILogger<StoreCompaction> logger) : BackgroundService
{
    private static readonly TimeSpan s_afterStart = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_every = TimeSpan.FromDays(1);

    // Nearly all runs are such, and say no more than that the host was up.
    private static readonly TimeSpan s_keepIdle = TimeSpan.FromDays(7);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var wait = s_afterStart; ; wait = s_every)
        {
            await Task.Delay(wait, clock, stoppingToken);
            try
            {
                var (now, keep) = (clock.GetUtcNow(), syncing.Value.KeepRuns);
                await store.CompactAsync(now - options.Value.Retention, stoppingToken);
                await store.PruneRunsAsync(now - keep, now - (keep < s_keepIdle ? keep : s_keepIdle), stoppingToken);
            }
            catch (StorageException e)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2100, Level = LogLevel.Error, Message = "The change store could not be compacted; that is tried again tomorrow.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
