using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Authorization.Revoking;

/// <summary>Withdraws grants at their services and forgets them, for as long as it takes: what is not done when the host stops goes on when it starts.</summary>
internal sealed partial class RevocationWorker(
    IRegistry registry,
    ConnectionStore connections,
    CredentialStore credentials,
    ConnectionEvents events,
    Revocations revocations,
    GrantRevoker revoker,
    RecordsDeletion records,
    TimeProvider clock,
    ILogger<RevocationWorker> logger) : IHostedService, IAsyncDisposable
{
    private static readonly BackOff s_backOff = new(TimeSpan.FromSeconds(30), TimeSpan.FromHours(6));

    private DueWork<ConnectionId>? _work;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var work = _work = new DueWork<ConnectionId>(clock, 4, RunAsync);
        revocations.Added += added => work.Set(added.Connection, added.NextTryAt);
        foreach (var open in await registry.ListAsync(Revocation.Collection, "", cancellationToken))
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
            return await registry.FindAsync(Revocation.Collection, id.Value, cancellationToken) is { } revocation
                ? await CarryOutAsync(revocation, cancellationToken)
                : null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(logger, id, e);
            return clock.GetUtcNow() + s_backOff.First;
        }
    }

    private async Task<DateTimeOffset?> CarryOutAsync(Revocation revocation, CancellationToken cancellationToken)
    {
        if (!revocation.RecordsGone)
        {
            var connection = await connections.FindAsync(revocation.Connection, cancellationToken);
            if (connection is not null)
            {
                await events.RaiseLeavingAsync(connection, cancellationToken);
            }

            if (connection is not { KeepsRecords: true })
            {
                await records(revocation.Tenant, revocation.Connection, clock.GetUtcNow(), cancellationToken);
                revocation = revocation with { RecordsGone = true };
                await registry.WriteAsync(transaction => transaction.Put(Revocation.Collection, revocation), cancellationToken);
            }
        }

        var result = await revoker.RevokeAsync(revocation, cancellationToken);
        return result is null || result.Failure is null or TokenFailure.GrantGone || ReferenceEquals(result, TokenResult.NotOffered)
            ? await SettleAsync(revocation, result, cancellationToken)
            : await PostponeAsync(revocation, result, cancellationToken);
    }

    private async Task<DateTimeOffset?> SettleAsync(Revocation revocation, TokenResult? result, CancellationToken cancellationToken)
    {
        await credentials.DeleteAsync(revocation.Connection, cancellationToken);
        await connections.ChangeAsync(
            revocation.Connection,
            AuditEntry.Host,
            "connection.revoked",
            connection => connection.IsOver ? Settle(connection, result) : null,
            cancellationToken);
        var settled = await registry.WriteAsync(
            transaction =>
            {
                // Deleted while it was only being withdrawn: its records are to go after all.
                if (!revocation.RecordsGone && transaction.Find(Connection.Collection, revocation.Connection.Value) is { IsGone: true })
                {
                    return false;
                }

                transaction.Delete(Revocation.Collection, revocation.Connection.Value);
                return true;
            },
            cancellationToken);
        if (!settled)
        {
            return clock.GetUtcNow();
        }

        Log.Settled(logger, revocation.Connection);
        return null;
    }

    private static Connection Settle(Connection connection, TokenResult? result) => result switch
    {
        _ when ReferenceEquals(result, TokenResult.NotOffered) => connection with
        {
            Status = ConnectionStatus.CannotRevoke,
            Cause = "The service offers no revocation: its owner can withdraw the access there. The tokens are forgotten here.",
            Actor = Actor.Owner,
        },
        _ when ReferenceEquals(result, TokenResult.Shared) && connection.KeepsRecords => connection with
        {
            Status = ConnectionStatus.CannotRevoke,
            Cause = "Another connection of the same account lives, and the service would withdraw both: revoke that one too, or withdraw the access at the service. The tokens are forgotten here.",
            Actor = Actor.Operator,
        },
        _ => connection with
        {
            Status = ConnectionStatus.Revoked,
            Cause = connection.KeepsRecords ? "All access was withdrawn by the operator. Its records are kept, and its owner can reconnect." : null,
            Actor = connection.KeepsRecords ? Actor.Owner : Actor.Nobody,
        },
    };

    private async Task<DateTimeOffset?> PostponeAsync(Revocation revocation, TokenResult result, CancellationToken cancellationToken)
    {
        var wait = s_backOff.After(revocation.Tries, result.RetryAfter);
        var later = revocation with { Tries = revocation.Tries + 1, NextTryAt = clock.GetUtcNow() + wait };
        await registry.WriteAsync(transaction => transaction.Put(Revocation.Collection, later), cancellationToken);
        var rejected = result.Failure == TokenFailure.ClientRejected;
        await connections.ChangeAsync(
            revocation.Connection,
            AuditEntry.Host,
            "connection.not_revoked",
            connection => !connection.IsOver ? null : connection with
            {
                Status = rejected ? ConnectionStatus.CannotRevoke : ConnectionStatus.Revoking,
                Cause = $"Not revoked at the service yet: {result.Cause} It is tried again.",
                Actor = rejected ? Actor.Operator : Actor.Nobody,
            },
            cancellationToken);
        return later.NextTryAt;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1230, Level = LogLevel.Error, Message = "The revocation of {Connection} failed here; it is tried again.")]
        public static partial void Failed(ILogger logger, ConnectionId connection, Exception exception);

        [LoggerMessage(EventId = 1231, Level = LogLevel.Information, Message = "The grant of {Connection} is withdrawn or forgotten.")]
        public static partial void Settled(ILogger logger, ConnectionId connection);
    }
}
