using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Connections;

/// <summary>Asks a connection's driver whether it can be used now and whose account it is, and notes what it learns.</summary>
internal sealed partial class ConnectionProbe(
    ConnectionStore connections, ConnectionEvents events, DriverLookup drivers, DriverDefects defects, DriverSessions sessions, ConnectionAuthorization authorization, TimeProvider clock, ILogger<ConnectionProbe> logger) : IHostedService
{
    public const string Part = "probe";

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>A new connection is probed once, for its account's name.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        events.OnConnected(ProbeAsync);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The account, or why the connection cannot be used.</summary>
    public async Task<ProbeEnd> ProbeAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (drivers(connection.Driver) is not { } driver)
        {
            return ProbeEnd.Failed(FailureKind.Misconfigured, $"The driver '{connection.Driver}' does not serve.");
        }

        if (defects.Find(driver.Build) is { } quarantine)
        {
            return ProbeEnd.Failed(FailureKind.Misconfigured, quarantine.Refusal);
        }

        var end = await AskAsync(driver, connection, authorization.CreateHandler(connection), cancellationToken);
        if (end.Failure == FailureKind.Defect)
        {
            defects.TakeFailure(driver.Build, connection.Id, Part, end.Cause ?? "", end.Trace);
        }

        await NoteAsync(connection.Id, end, cancellationToken);
        return end;
    }

    /// <summary>Asks by an authorization of its own, and notes nothing.</summary>
    public async Task<ProbeEnd> AskAsync(LoadedDriver driver, Connection connection, DelegatingHandler handler, CancellationToken cancellationToken)
    {
        try
        {
            return new ProbeEnd(await DriverCall.RunAsync(token => CallAsync(driver, connection, handler, token), s_deadline, clock, cancellationToken));
        }
        catch (DriverException e)
        {
            return ProbeEnd.Failed(e.Kind, e.Message) with { Trace = DefectTrace.Of(e) };
        }
        catch (DriverDefectException e) when (e.Defect is HttpRequestException)
        {
            return ProbeEnd.Failed(FailureKind.Transient, "The service did not answer in time.");
        }
        catch (DriverDefectException e)
        {
            var type = e.Defect.GetType().Name;
            Log.Defect(logger, connection.Id, type);
            return ProbeEnd.Failed(FailureKind.Defect, $"The driver failed with {type}: this is a defect of the driver.") with { Trace = e.Trace };
        }
    }

    private async ValueTask<ProbeResult> CallAsync(LoadedDriver driver, Connection connection, DelegatingHandler handler, CancellationToken cancellationToken)
    {
        await using var session = sessions.Open(driver, connection, handler, CallPriority.Live);
        return await session.Driver.ProbeAsync(cancellationToken);
    }

    private Task NoteAsync(ConnectionId id, ProbeEnd end, CancellationToken cancellationToken) => end.Failure switch
    {
        null => LearnAsync(id, end, cancellationToken),
        FailureKind.Unauthorized => connections.MarkNeedsReconnectAsync(id, Part, end.Cause ?? "", null, cancellationToken),
        FailureKind.Misconfigured or FailureKind.Defect => connections.MarkNeedsAttentionAsync(id, Part, end.Cause ?? "", end.Actor, cancellationToken),
        _ => Task.CompletedTask,
    };

    private async Task LearnAsync(ConnectionId id, ProbeEnd end, CancellationToken cancellationToken)
    {
        var found = end.Account ?? new ProbeResult();
        if (await connections.FindAsync(id, cancellationToken) is { } now
            && ((found.AccountId is not null && now.AccountId is null) || (found.AccountName is not null && now.AccountName != found.AccountName)))
        {
            await connections.ChangeAsync(
                id,
                AuditEntry.Host,
                "connection.account_learned",
                connection => connection with { AccountId = connection.AccountId ?? found.AccountId, AccountName = found.AccountName ?? connection.AccountName },
                cancellationToken);
        }

        await connections.MarkWellAsync(id, Part, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1102, Level = LogLevel.Error, Message = "The driver of {Connection} failed at its probe with {Type}.")]
        public static partial void Defect(ILogger logger, ConnectionId connection, string type);
    }
}
