using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Syncing.Helping;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>Lets other hosts help this one, which works: for as long as it does, those that are there are its <see cref="Helpers"/>.</summary>
internal sealed partial class WorkerSilo(PostgresDatabase database, IServiceProvider services)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(5);

    private readonly Helpers _helpers = services.GetRequiredService<Helpers>();
    private readonly MasterKeys _masters = services.GetRequiredService<MasterKeys>();
    private readonly HelpedRuns _runs = services.GetRequiredService<HelpedRuns>();
    private readonly ILogger _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<WorkerSilo>();

    /// <summary>Until it is canceled; it does not fail: without helpers the host does all by itself.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stopping);
            }
            catch (Exception e)
            {
                // What is canceled fails in many ways.
                if (!stopping.IsCancellationRequested)
                {
                    Log.Alone(_logger, e);
                }
            }

            await Task.Delay(s_again, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunOnceAsync(CancellationToken stopping)
    {
        await MembershipTables.BeginAsync(database, stopping);
        var master = _masters.Current;
        using var runs = new Lent<HelpedRuns>(_runs);
        await using var silo = await Silo.StartAsync(database, $"{Guid.NewGuid():N}", Silo.OfWorker, services, parts => parts.AddSingleton(runs), stopping);
        var hosts = new Dictionary<string, CancellationTokenSource>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(s_look);
        try
        {
            // With another master key hosts know each other by another certificate.
            while (!silo.Failed.IsCompleted && _masters.Current == master && await timer.WaitForNextTickAsync(stopping))
            {
                var members = silo.Members.ToHashSet(StringComparer.Ordinal);
                foreach (var (name, gone) in hosts.ToList().Where(one => one.Value.IsCancellationRequested || !members.Contains(one.Key)))
                {
                    await gone.CancelAsync();
                    hosts.Remove(name);
                }

                foreach (var name in silo.Known.Where(name => name != Silo.OfWorker && !hosts.ContainsKey(name)).ToList())
                {
                    var gone = hosts[name] = new CancellationTokenSource();
                    _ = TakeAsync(silo.Hosts.GetGrain<IHelpingHost>(name), gone, stopping);
                }
            }
        }
        finally
        {
            foreach (var gone in hosts.Values)
            {
                await gone.CancelAsync();
            }
        }
    }

    /// <summary>Has it help for as long as it answers: one that sleeps keeps its connection, and is no member less for a minute and more.</summary>
    private async Task TakeAsync(IHelpingHost host, CancellationTokenSource gone, CancellationToken stopping)
    {
        try
        {
            var (name, version, places) = await host.DescribeAsync().WaitAsync(s_silence, stopping);
            if (version == HostIdentity.Version)
            {
                await _helpers.AddAsync(_runs.MakeHelper(name, places, host.CarryOutAsync, gone), stopping);
            }
            else
            {
                // It is asked for nothing; it takes over like any other.
                Log.OtherVersion(_logger, name, version);
            }

            while (!gone.IsCancellationRequested)
            {
                await Task.Delay(s_look, stopping);
                await host.DescribeAsync().WaitAsync(s_silence, stopping);
            }
        }
        catch (Exception) when (gone.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            // It said that it goes, or this host does.
        }
        catch (Exception e)
        {
            Log.Mute(_logger, host.GetPrimaryKeyString(), e.Message);
            await gone.CancelAsync();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3600, Level = LogLevel.Warning, Message = "Other hosts cannot help this one at present; it is tried again.")]
        public static partial void Alone(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3601, Level = LogLevel.Information, Message = "The host {Host} is of version {Version}, and carries out no runs for this one.")]
        public static partial void OtherVersion(ILogger logger, string host, string version);

        [LoggerMessage(EventId = 3602, Level = LogLevel.Warning, Message = "The host {Host} does not answer: {Reason} It is asked again.")]
        public static partial void Mute(ILogger logger, string host, string reason);
    }
}
