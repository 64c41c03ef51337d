using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>The runs that other hosts carry out for this one: it sends their calls to the services, and takes what they tell. Safe for any number of threads.</summary>
internal sealed partial class HelpedRuns(
    DriverCatalog catalog,
    DriverDefects defects,
    DriverHttp http,
    ConnectionAuthorization authorization,
    CallBudgets budgets,
    TenantKeys keys,
    SharedStores stores,
    RunLogs logs,
    IOptions<SyncingOptions> options,
    ILogger<HelpedRuns> logger)
{
    /// <summary>How long a host that was told to stop a run may take to say what it has done.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>How long nothing may be told of a run, of which the host that carries it out tells twice a second.</summary>
    private static readonly TimeSpan s_mute = TimeSpan.FromSeconds(60);

    // How often in a row a run of the sync was lost with its host.
    private readonly ConcurrentDictionary<SyncKey, int> _losses = new();
    private readonly ConcurrentDictionary<string, HelpedRun> _underWay = new(StringComparer.Ordinal);

    /// <summary>A host that carries out runs by <paramref name="order"/>.</summary>
    /// <param name="order">Takes a <see cref="RunOrder"/> and answers with a <see cref="RunReport"/>; once canceled it answers soon with what was done by then.</param>
    /// <param name="gone">Canceled here too, where it does not answer.</param>
    public Helper MakeHelper(string name, int places, Func<byte[], CancellationToken, Task<byte[]>> order, CancellationTokenSource gone)
        => new(name, places, (active, connection, cancellationToken) => CarryOutAsync(name, order, gone, active, connection, cancellationToken), gone.Token);

    /// <summary>Sends a call of a run, as this host would send its own.</summary>
    public async Task<(byte[] Head, byte[]? Body)> SendAsync(string run, byte[] head, byte[]? body, CancellationToken cancellationToken)
    {
        if (!_underWay.TryGetValue(run, out var helped) || JsonSerializer.Deserialize(head, HelpingJson.Default.RelayedCall) is not { } call)
        {
            return (Write(new RelayedAnswer(0, [], new RelayedFailure(FailureKind.Transient, "The run is over."))), null);
        }

        try
        {
            using var request = RequestOf(call, body);
            using var answer = await helped.Calls.SendAsync(request, cancellationToken);
            await answer.Content.LoadIntoBufferAsync(BoundedContent.Limit, cancellationToken);
            var answered = new RelayedAnswer((int)answer.StatusCode, [.. RelayedHeader.Of(answer.Headers), .. RelayedHeader.Of(answer.Content.Headers)]);
            return (Write(answered), await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return (Write(new RelayedAnswer(0, [], RelayedFailure.Of(e))), null);
        }
    }

    /// <summary>Takes how far a run has come.</summary>
    public RunAdvice Tell(string run, byte[] progress)
    {
        if (!_underWay.TryGetValue(run, out var helped) || JsonSerializer.Deserialize(progress, HelpingJson.Default.RunProgressState) is not { } state)
        {
            return RunAdvice.Stop;
        }

        Rearm(helped.Mute);
        helped.Active.Progress.Take(state);
        return helped.Active.GivesWay ? RunAdvice.GiveWay : RunAdvice.GoOn;
    }

    /// <summary>Heeds what a driver failed with there.</summary>
    public Task HeedAsync(string run, byte[] failure)
        => _underWay.TryGetValue(run, out var helped) && JsonSerializer.Deserialize(failure, HelpingJson.Default.RelayedFailure) is { Kind: { } kind } heeded
            ? budgets.HeedAsync(helped.Driver.Id, helped.Active.Run.Connection, heeded.MakeKnown(kind))
            : Task.CompletedTask;

    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    private async Task<RunEnd?> CarryOutAsync(
        string name, Func<byte[], CancellationToken, Task<byte[]>> order, CancellationTokenSource gone, ActiveRun active, Connection connection, CancellationToken cancellationToken)
    {
        // What cannot be is said by this host, which tries; and a host that is gone may have had a place still that took the run.
        if (gone.IsCancellationRequested || !catalog.TryGet(connection.Driver, out var driver) || defects.Find(driver.Build) is not null)
        {
            return null;
        }

        // Made here where there is none, and not there.
        await keys.GetOrCreateAsync(active.Run.Tenant, cancellationToken);
        using var calls = TryOpenCalls(driver, connection, active.Request.CallPriority, out var terms);
        if (calls is null || terms is null)
        {
            return null;
        }

        using var mute = new CancellationTokenSource(s_mute);
        _underWay[active.Run.Id] = new HelpedRun(active, driver, calls, mute);
        try
        {
            var run = JsonSerializer.SerializeToUtf8Bytes(new RunOrder(active.Run, active.Request, terms), HelpingJson.Default.RunOrder);
            var report = await AskAsync(name, order, gone, run, mute.Token, driver.Use.Overdue, cancellationToken);
            if (report is { Kind: RunReportKind.Declined })
            {
                _losses.TryRemove(active.Request.Key, out _);
                return null;
            }

            active.Generation = driver;
            return report is null ? await CutOffAsync(name, active, cancellationToken) : Take(name, report, active, driver, cancellationToken);
        }
        finally
        {
            _underWay.TryRemove(active.Run.Id, out _);
        }
    }

    /// <returns>Null where it is gone, or does not answer.</returns>
    private async Task<RunReport?> AskAsync(
        string name, Func<byte[], CancellationToken, Task<byte[]>> order, CancellationTokenSource gone, byte[] run, CancellationToken mute, CancellationToken overdue, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, overdue);
        try
        {
            // Whoever was told to stop is given the time to say what is done.
            using var lost = CancellationTokenSource.CreateLinkedTokenSource(gone.Token, mute);
            await using var stopped = stop.Token.UnsafeRegister(static state => ((CancellationTokenSource)state!).CancelAfter(s_patience), lost);
            var answer = await order(run, stop.Token).WaitAsync(lost.Token);
            return JsonSerializer.Deserialize(answer, HelpingJson.Default.RunReport);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception e)
        {
            Log.Lost(logger, name, e);
            await gone.CancelAsync();
            return null;
        }
        finally
        {
            // Where nobody waits for it any more, it may be under way there still.
            await stop.CancelAsync();
        }
    }

    private RunEnd Take(string name, RunReport report, ActiveRun active, LoadedDriver driver, CancellationToken cancellationToken)
    {
        _losses.TryRemove(active.Request.Key, out _);
        active.Progress.Take(report.Progress);
        active.Take(report.Fetches);
        logs.Take(active.Run.Id, report.Log);
        cancellationToken.ThrowIfCancellationRequested();
        return report.End
            ?? (driver.Use.Overdue.IsCancellationRequested ? RunEnd.AfterDrain()
                : new RunEnd(SyncOutcome.RetryLater, $"The host {name}, which carried it out, stopped; the next run goes on from there.", Trouble.Waiting, TimeSpan.Zero) { StopsRun = true, GoesOn = true });
    }

    /// <summary>Nothing more comes of it there, and what came is in the store alone. Goes on at once, and where it is lost again as after a failure: it may be what ended the host.</summary>
    private async Task<RunEnd> CutOffAsync(string name, ActiveRun active, CancellationToken cancellationToken)
    {
        if (await stores.CutOff(active.Run, CancellationToken.None) is { } stored)
        {
            active.Progress.Restore(stored);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var isFirst = _losses.AddOrUpdate(active.Request.Key, 1, static (_, losses) => losses + 1) == 1;
        return new RunEnd(SyncOutcome.RetryLater, $"The host {name}, which carried it out, is gone or does not answer; the next run goes on from there.", Trouble.Waiting, isFirst ? TimeSpan.Zero : null)
        {
            StopsRun = true, GoesOn = isFirst,
        };
    }

    private HttpMessageInvoker? TryOpenCalls(LoadedDriver driver, Connection connection, CallPriority priority, out RunTerms? terms)
    {
        try
        {
            terms = RunTerms.Of(driver, http, options.Value);
            return new HttpMessageInvoker(http.CreateHandler(driver, new CallLane(connection.Id, priority), authorization.CreateHandler(connection)));
        }
        catch (DriverException)
        {
            terms = null;
            return null;
        }
    }

    private static void Rearm(CancellationTokenSource mute)
    {
        try
        {
            mute.CancelAfter(s_mute);
        }
        catch (ObjectDisposedException)
        {
            // The run has just ended.
        }
    }

    private static HttpRequestMessage RequestOf(RelayedCall call, byte[]? body)
    {
        var request = new HttpRequestMessage(new HttpMethod(call.Method), call.Address) { Content = body is null ? null : new ByteArrayContent(body) };
        request.Options.Set(ServiceRequest.OnlyReads, call.OnlyReads);
        foreach (var (header, value) in call.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(header, value))
            {
                request.Content?.Headers.TryAddWithoutValidation(header, value);
            }
        }

        return request;
    }

    private static byte[] Write(RelayedAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, HelpingJson.Default.RelayedAnswer);

    /// <param name="Mute">Canceled where nothing was told of it for long.</param>
    private sealed record HelpedRun(ActiveRun Active, LoadedDriver Driver, HttpMessageInvoker Calls, CancellationTokenSource Mute);

    private static partial class Log
    {
        [LoggerMessage(EventId = 2080, Level = LogLevel.Warning, Message = "The host {Helper} cannot be reached: what it carried out is carried out again.")]
        public static partial void Lost(ILogger logger, string helper, Exception exception);
    }
}
