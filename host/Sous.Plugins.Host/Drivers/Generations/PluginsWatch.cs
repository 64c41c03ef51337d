using System.Globalization;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Generations;

/// <summary>
/// Looks every two seconds whether plugins.json or the folders beside it changed, and takes the change up. Looking, not being
/// told: a renamed file or a network folder tells nobody. What changes twice in a row is still being written, and waited for.
/// </summary>
internal sealed partial class PluginsWatch(DriverCatalog catalog, DropIns dropIns, IOptions<DriversOptions> options, TimeProvider clock, ILogger<PluginsWatch> logger) : BackgroundService
{
    private const int MostPauses = 30;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        var taken = Look();
        var before = taken;
        var (pause, waited) = (1, 0);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = Look();
            // What is tried again for itself is tried less and less often, in the end once a minute.
            waited++;
            if (now == before && (now != taken || (catalog.IsUnsettled && waited >= pause)))
            {
                taken = await TryTakeAsync(stoppingToken) ? now : taken;
                (pause, waited) = (catalog.IsUnsettled ? Math.Min(pause * 2, MostPauses) : 1, 0);
            }

            before = now;
            await dropIns.LookAsync(stoppingToken);
        }
    }

    /// <returns>False where it is to be tried again.</returns>
    private async Task<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await catalog.RefreshAsync(cancellationToken);
        }
        catch (StorageException e)
        {
            Log.NotTaken(logger, e.Message);
            return false;
        }
        catch (PluginsFileException e)
        {
            Log.NotTaken(logger, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotTaken(logger, e.Message);
        }

        return true;
    }

    private string Look()
    {
        try
        {
            var file = new FileInfo(options.Value.Plugins);
            var folders = catalog.PluginsFolder is { } folder && Directory.Exists(folder) ? Directory.GetDirectories(folder).Where(static path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
            return string.Create(CultureInfo.InvariantCulture, $"{(file.Exists ? file.LastWriteTimeUtc.Ticks : 0)} {(file.Exists ? file.Length : 0)} {string.Join('\n', folders)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1010, Level = LogLevel.Error, Message = "The change of plugins.json is not taken, and the drivers serve as before: {Problem}")]
        public static partial void NotTaken(ILogger logger, string problem);
    }
}
