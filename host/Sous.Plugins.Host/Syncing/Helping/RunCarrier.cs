using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>Carries out runs for the host that works: the driver, its pages and their commits are here; the calls to the service go through the other. Safe for any number of threads.</summary>
/// <param name="asked">What it was asked for and had not, in the life of the process.</param>
internal sealed partial class RunCarrier(
    ISet<string> asked,
    IRegistry registry,
    DriverCatalog catalog,
    DriverSessions sessions,
    RunPlanner planner,
    ScopeSync scopes,
    DeleteBrake brake,
    GapGuard gaps,
    BackfillSync backfills,
    DriverDefects defects,
    DriverHttp http,
    TenantKeys keys,
    HelpingMetrics metrics,
    RunLogs logs,
    IOptions<SyncingOptions> options,
    TimeProvider clock,
    ILoggerFactory loggers) : IDisposable
{
    private static readonly TimeSpan s_tell = TimeSpan.FromMilliseconds(500);

    // A message may be lost, and is then never answered.
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _outdated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _logger = loggers.CreateLogger<RunCarrier>();

    /// <summary>Completes when a run was declined for what a fresh start may bring, and that was not asked for before.</summary>
    public Task Outdated => _outdated.Task;

    /// <summary>Carries out a <see cref="RunOrder"/>; the answer is a <see cref="RunReport"/>.</summary>
    public async Task<byte[]> CarryOutAsync(byte[] order, WorkerLine line, CancellationToken stopping)
    {
        var wanted = JsonSerializer.Deserialize(order, HelpingJson.Default.RunOrder) ?? throw new ArgumentException("No run is ordered.", nameof(order));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, _stop.Token);
        var run = CarryOutAsync(wanted, line, stop.Token);
        _underWay[wanted.Run.Id] = run;
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(await run, HelpingJson.Default.RunReport);
        }
        finally
        {
            _underWay.TryRemove(wanted.Run.Id, out _);
        }
    }

    /// <summary>Stops the runs under way, and waits a while for them; none begins any more.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_underWay.Values).WaitAsync(patience, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>Whatever goes wrong is in the report: an exception would mean that the host itself is.</summary>
    private async Task<RunReport> CarryOutAsync(RunOrder order, WorkerLine line, CancellationToken stopping)
    {
        using var active = new ActiveRun(order.Request, order.Run.StartedAt);
        active.Begin(order.Run);
        using var logged = _logger.BeginScope(new RunLogScope(order.Run.Id));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            if (await FindAsync(order, stop.Token) is not var (connection, driver))
            {
                return Report(active, RunReportKind.Declined);
            }

            var telling = TellAsync(active, line, stop);
            try
            {
                var executor = new RunExecutor(AccessTo(driver, order.Run.Id, line), planner, scopes, brake, gaps, backfills, options, clock, loggers.CreateLogger<RunExecutor>());
                return Report(active, RunReportKind.Ended, await executor.ExecuteAsync(active, connection, stop.Token));
            }
            finally
            {
                metrics.CarriedOut();
                await stop.CancelAsync();
                await telling;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Report(active, RunReportKind.Stopped);
        }
        catch (StorageException e)
        {
            return Report(active, RunReportKind.Ended, new RunEnd(SyncOutcome.RetryLater, e.Message, Trouble.Storage) { StopsRun = true });
        }
        catch (Exception e)
        {
            Log.HostFailed(_logger, order.Run.Id, e);
            return Report(active, RunReportKind.Ended, new RunEnd(SyncOutcome.RetryLater, "The host failed; its log says how.", Trouble.HostDefect) { StopsRun = true });
        }
    }

    /// <returns>Null where it cannot be carried out here.</returns>
    private async ValueTask<(Connection Connection, LoadedDriver Driver)?> FindAsync(RunOrder order, CancellationToken cancellationToken)
    {
        try
        {
            return !_stop.IsCancellationRequested
                && await registry.FindAsync(Connection.Collection, order.Run.Connection.Value, cancellationToken) is { } connection
                && catalog.TryGet(order.Request.Driver, out var driver) && await IsLikeAsync(driver, order) ? (connection, driver) : null;
        }
        catch (StorageException)
        {
            // The other may be better off.
            return null;
        }
    }

    /// <summary>Whether the run would be the same here: the driver to the byte, its settings, the tenant's key.</summary>
    private async ValueTask<bool> IsLikeAsync(LoadedDriver driver, RunOrder order)
    {
        var terms = TryReadTerms(driver);
        if (terms != order.Terms)
        {
            Miss($"{driver.Id} {order.Terms}");
            return false;
        }

        if (!await keys.IsReadableAsync(order.Run.Tenant, CancellationToken.None))
        {
            // The ring of keys has a newer one than was read here.
            Miss($"{order.Run.Tenant} {(await registry.FindAsync(TenantKey.Collection, order.Run.Tenant.Value, CancellationToken.None))?.Newest.Wrapped}");
            return false;
        }

        return defects.Find(driver.Build) is null;
    }

    private RunTerms? TryReadTerms(LoadedDriver driver)
    {
        try
        {
            return RunTerms.Of(driver, http, options.Value);
        }
        catch (DriverException)
        {
            return null;
        }
    }

    private void Miss(string what)
    {
        lock (asked)
        {
            if (asked.Add(what))
            {
                _outdated.TrySetResult();
            }
        }
    }

    private DriverAccess AccessTo(LoadedDriver driver, string run, WorkerLine line) => new(
        _ => driver.Manifest,
        (connection, priority, _) => ValueTask.FromResult(sessions.Open(driver, connection, new RelayHandler(run, line), priority)))
    {
        // What is not heard there the service says again.
        HeedAsync = async (_, _, failure) => await line.Heed(run, JsonSerializer.SerializeToUtf8Bytes(RelayedFailure.Of(failure), HelpingJson.Default.RelayedFailure))
            .WaitAsync(s_answer, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing),
    };

    /// <summary>Tells how far the run has come, and hears whether it is to go on. One that cannot be told of is stopped: whoever asked for it is gone.</summary>
    private async Task TellAsync(ActiveRun active, WorkerLine line, CancellationTokenSource stop)
    {
        using var timer = new PeriodicTimer(s_tell, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                var advice = await line.Tell(active.Run.Id, JsonSerializer.SerializeToUtf8Bytes(active.Progress.State, HelpingJson.Default.RunProgressState)).WaitAsync(s_answer, clock, stop.Token);
                active.GivesWay |= advice == RunAdvice.GiveWay;
                if (advice == RunAdvice.Stop)
                {
                    await stop.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception)
        {
            await stop.CancelAsync();
        }
    }

    private RunReport Report(ActiveRun active, RunReportKind kind, RunEnd? end = null) => new(kind, end, active.Progress.State, active.Fetches, logs.List(active.Run.Id));

    private static partial class Log
    {
        [LoggerMessage(EventId = 2081, Level = LogLevel.Error, Message = "Run {Run}, which was carried out for the host that works, failed in the host itself.")]
        public static partial void HostFailed(ILogger logger, string run, Exception exception);
    }
}
