using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>
/// Has counted, time and again, what instruments tell of the stores: whoever scrapes waits for no store then, and may scrape as often
/// as he likes. With very many connections it takes a hundredth of the time at most.
/// </summary>
internal sealed partial class StandingReader(IEnumerable<StandingReading> readings, TimeProvider clock, ILogger<StandingReader> logger) : BackgroundService
{
    private const int RestPerWork = 99;

    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        foreach (var reading in readings)
        {
            await reading(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var began = clock.GetTimestamp();
            try
            {
                await ReadAsync(stoppingToken);
            }
            catch (StorageException e)
            {
                Log.Failed(logger, e);
            }

            var rest = RestPerWork * clock.GetElapsedTime(began);
            await Task.Delay(rest > s_every ? rest : s_every, clock, stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2700, Level = LogLevel.Warning, Message = "What the metrics tell of the stores could not be counted; they tell what was counted before.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
