using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Backup;

/// <summary>
/// Asks of each connection of an adopted copy whether its grant still stands, one after another. Until its turn nothing works
/// for it; then it has the condition that it had, and its schedules begin. What a host that stops has not asked, the next one asks.
/// </summary>
internal sealed partial class Verifications(
    IRegistry registry, ConnectionStore connections, ConnectionProbe probe, ConnectionEvents events, TimeProvider clock, ILogger<Verifications> logger) : IHostedService, IAsyncDisposable
{
    private static readonly BackOff s_backOff = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(30));

    private DueWork<ConnectionId>? _work;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var work = _work = new DueWork<ConnectionId>(clock, 1, RunAsync);
        foreach (var open in await registry.ListAsync(Verification.Collection, "", cancellationToken))
        {
            work.Set(open.Connection, open.NextTryAt);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _work?.DisposeAsync() ?? default;

    private async Task<DateTimeOffset?> RunAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await registry.FindAsync(Verification.Collection, id.Value, cancellationToken) is { } open ? await VerifyAsync(open, cancellationToken) : null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(logger, id, e);
            return clock.GetUtcNow() + s_backOff.First;
        }
    }

    private async Task<DateTimeOffset?> VerifyAsync(Verification open, CancellationToken cancellationToken)
    {
        if (await FindOpenAsync(open, cancellationToken) is { } connection)
        {
            var end = await probe.ProbeAsync(connection, cancellationToken);
            if (end.Ok)
            {
                await SettleAsync(open, cancellationToken);
                return null;
            }

            // A grant that is gone is marked as such by whoever learned of it.
            if (await FindOpenAsync(open, cancellationToken) is not null)
            {
                return await PostponeAsync(open, end, cancellationToken);
            }
        }

        await registry.WriteAsync(transaction => { transaction.Delete(Verification.Collection, open.Connection.Value); }, cancellationToken);
        return null;
    }

    /// <summary>Null where there is nothing to ask any more: its owner reconnected, or it was deleted.</summary>
    private async ValueTask<Connection?> FindOpenAsync(Verification open, CancellationToken cancellationToken)
        => await connections.FindAsync(open.Connection, cancellationToken) is { Status: ConnectionStatus.AdoptRequired } connection ? connection : null;

    private async Task SettleAsync(Verification open, CancellationToken cancellationToken)
    {
        var verified = await connections.ChangeAsync(
            open.Connection,
            AuditEntry.Host,
            "connection.verified",
            (connection, transaction) =>
            {
                transaction.Delete(Verification.Collection, open.Connection.Value);
                return connection.Status == ConnectionStatus.AdoptRequired ? connection with { Status = open.Status, Cause = open.Cause, Actor = open.Actor } : null;
            },
            cancellationToken);
        if (verified is not null)
        {
            await events.RaiseConnectedAsync(verified, cancellationToken);
        }
    }

    private async Task<DateTimeOffset?> PostponeAsync(Verification open, ProbeEnd end, CancellationToken cancellationToken)
    {
        var later = open with { Tries = open.Tries + 1, NextTryAt = clock.GetUtcNow() + s_backOff.After(open.Tries, null) };
        await registry.WriteAsync(transaction => transaction.Put(Verification.Collection, later), cancellationToken);
        await connections.ChangeAsync(
            open.Connection,
            AuditEntry.Host,
            "connection.not_verified",
            connection => connection.Status == ConnectionStatus.AdoptRequired
                ? connection with { Cause = $"Restored from a backup, and whether its grant still stands is not known yet: {end.Cause}", Actor = end.Actor }
                : null,
            cancellationToken);
        return later.NextTryAt;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2801, Level = LogLevel.Error, Message = "Verifying {Connection} failed here; it is tried again.")]
        public static partial void Failed(ILogger logger, ConnectionId connection, Exception exception);
    }
}
