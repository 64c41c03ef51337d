using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Emergency;

/// <summary>
/// Withdraws all grants of a driver or a tenant at once. It is no deletion: records, mappings and checkpoints stay, and owners can
/// reconnect. What is being connected meanwhile is ended too.
/// </summary>
internal sealed partial class EmergencyRevocations(
    IRegistry registry, Revocations revocations, SessionEnds sessions, TimeProvider clock, ILogger<EmergencyRevocations> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_afterTrouble = TimeSpan.FromSeconds(10);

    private DueWork<string>? _work;

    /// <returns>How many connections are being revoked; null where there is no such tenant.</returns>
    public async Task<int?> RevokeAllAsync(DriverId? driver, TenantId? tenant, string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var intent = new EmergencyRevocation(RandomText.Id("em_"), driver, tenant, actor, now);
        var audit = AuditEntry.Make(now, actor, "emergency.revoke_all", tenant, driver?.Value ?? tenant?.Value);
        var count = await registry.WriteAsync(
            transaction =>
            {
                if (tenant is { } named && transaction.Find(Tenant.Collection, named.Value) is null)
                {
                    return (int?)null;
                }

                transaction.Put(EmergencyRevocation.Collection, intent);
                transaction.Append(audit);
                return Open(transaction, intent).Count;
            },
            cancellationToken);
        if (count is not null)
        {
            _work?.Set(intent.Id, now);
        }

        return count;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var work = _work = new DueWork<string>(clock, 1, RunAsync);
        foreach (var intent in await registry.ListAsync(EmergencyRevocation.Collection, "", cancellationToken))
        {
            work.Set(intent.Id, clock.GetUtcNow());
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _work?.DisposeAsync() ?? default;

    private async Task<DateTimeOffset?> RunAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            if (await registry.FindAsync(EmergencyRevocation.Collection, id, cancellationToken) is not { } intent)
            {
                return null;
            }

            // Sessions first: a code that is being redeemed makes no connection after this.
            await sessions.EndAsync(intent.Covers, "All access was withdrawn by the operator.", cancellationToken);
            var open = (await registry.ListAsync(Connection.Collection, "", cancellationToken)).Where(connection => !connection.IsOver && intent.Covers(connection)).ToList();
            foreach (var connection in open)
            {
                await revocations.WithdrawAsync(connection, intent.Actor, cancellationToken);
            }

            var done = await registry.WriteAsync(
                transaction => Open(transaction, intent).Count == 0 && transaction.Delete(EmergencyRevocation.Collection, id),
                cancellationToken);
            Log.Withdrawing(logger, open.Count, intent.Driver?.Value ?? intent.Tenant?.Value ?? "");
            return done ? null : clock.GetUtcNow();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(logger, e);
            return clock.GetUtcNow() + s_afterTrouble;
        }
    }

    private static List<Connection> Open(IRegistryTransaction transaction, EmergencyRevocation intent)
        => [.. transaction.List(Connection.Collection, "").Where(connection => !connection.IsOver && intent.Covers(connection))];

    private static partial class Log
    {
        [LoggerMessage(EventId = 3000, Level = LogLevel.Warning, Message = "The grants of {Count} connections of {Target} are being withdrawn.")]
        public static partial void Withdrawing(ILogger logger, int count, string target);

        [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "Withdrawing all grants failed here; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
