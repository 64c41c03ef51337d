using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Helping;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>Lets this host help the one that works, for as long as that is the same.</summary>
/// <param name="asked">What it was asked for and had not: a fresh start may bring it, once.</param>
internal sealed partial class HelperSilo(PostgresDatabase database, IServiceProvider services, ISet<string> asked)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_hurry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(10);

    private readonly IOptions<SyncingOptions> _options = services.GetRequiredService<IOptions<SyncingOptions>>();
    private readonly ILogger _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<HelperSilo>();

    /// <summary>Until another host works there, what is asked for wants a fresh start, or it is canceled. Where the other cannot be reached it is tried again.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (await IsFollowedAsync(stopping) != false)
        {
            try
            {
                if (await MembershipTables.FindAsync(database, stopping) is { } cluster && await HelpAsync(cluster, stopping))
                {
                    return;
                }

                await Task.Delay(s_look, stopping);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                Log.Fails(_logger, e);
                await Task.Delay(s_again, stopping);
            }
        }
    }

    /// <returns>Whether a fresh start may bring what was asked for.</returns>
    private async Task<bool> HelpAsync(string cluster, CancellationToken stopping)
    {
        using var runs = ActivatorUtilities.CreateInstance<RunCarrier>(services, asked);
        using var lent = new Lent<RunCarrier>(runs);
        var options = Options.Create(_options.Value);
        await using var silo = await Silo.StartAsync(database, cluster, $"{HostIdentity.Name} {Guid.NewGuid():N}", services, parts => parts.AddSingleton(lent).AddSingleton(options), stopping);
        Log.Helps(_logger);
        using var timer = new PeriodicTimer(s_look);
        try
        {
            // What the silo knows of the others it learns late, and of a cluster that was given up not at all.
            while (!silo.Failed.IsCompleted && !runs.Outdated.IsCompleted && silo.Members.Contains(Silo.OfWorker) && await IsCurrentAsync(cluster, stopping))
            {
                await timer.WaitForNextTickAsync(stopping);
            }

            return runs.Outdated.IsCompleted;
        }
        finally
        {
            // Where the other is gone nobody waits for what was done, and this host may be the one to begin.
            if (await IsFollowedAsync(CancellationToken.None) == true)
            {
                await runs.StopAsync(_options.Value.StopGrace);
            }
            else
            {
                await runs.StopAsync(s_hurry);
                await silo.LeaveAsync(TimeSpan.Zero);
            }
        }
    }

    /// <summary>Whether the host that works is the same, in the same cluster, as far as the database says.</summary>
    private async Task<bool> IsCurrentAsync(string cluster, CancellationToken stopping)
    {
        try
        {
            return await IsFollowedAsync(stopping) != false && await MembershipTables.FindAsync(database, stopping) is var now && (now is null || now == cluster);
        }
        catch (StorageException)
        {
            return true;
        }
    }

    /// <returns>Null where the database does not say so soon.</returns>
    private async Task<bool?> IsFollowedAsync(CancellationToken cancellationToken)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        soon.CancelAfter(s_hurry);
        try
        {
            return await database.Hold.IsFollowedAsync(soon.Token).WaitAsync(soon.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (StorageException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3611, Level = LogLevel.Information, Message = "This host helps the one that works: it carries out runs for it.")]
        public static partial void Helps(ILogger logger);

        [LoggerMessage(EventId = 3610, Level = LogLevel.Warning, Message = "This host cannot help the one that works at present; it is tried again.")]
        public static partial void Fails(ILogger logger, Exception exception);
    }
}
