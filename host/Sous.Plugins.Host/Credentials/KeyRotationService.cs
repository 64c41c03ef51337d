namespace Sous.Plugins.Host.Credentials;

/// <summary>Asks for rotation at the start and four times a day.</summary>
internal sealed partial class KeyRotationService(KeyRotation rotation, TimeProvider clock, ILogger<KeyRotationService> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                rotation.RotateIfDue();
            }
            catch (Exception e)
            {
                // There are weeks of further tries before the default key ends; the boot gate warns in the last two.
                Log.RotationFailed(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1301, Level = LogLevel.Error, Message = "The ring's next key could not be made; it is tried again.")]
        public static partial void RotationFailed(ILogger logger, Exception exception);
    }
}
