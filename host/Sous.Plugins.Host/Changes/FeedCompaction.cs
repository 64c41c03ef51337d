using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Changes;

/// <summary>Compacts the feeds a while after the start, and then once a day.</summary>
internal sealed partial class FeedCompaction(IChangeStore store, IOptions<ChangesOptions> options, TimeProvider clock, ILogger<FeedCompaction> logger) : BackgroundService
{
    private static readonly TimeSpan s_afterStart = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_every = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var wait = s_afterStart; ; wait = s_every)
        {
            await Task.Delay(wait, clock, stoppingToken);
            try
            {
                await store.CompactAsync(clock.GetUtcNow() - options.Value.Retention, stoppingToken);
            }
            catch (StorageException e)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2100, Level = LogLevel.Error, Message = "The change feeds could not be compacted; that is tried again tomorrow.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
