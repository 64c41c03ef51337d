using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Helping;

namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>
/// Carries out a rotation of the data keys: a ring key, then a data key of each tenant, then everything under them, last the old data
/// keys go. Each step can be repeated, so after a crash it begins again from the first and passes over what is done.
/// </summary>
internal sealed partial class DataRotationWorker(
    IRegistry registry, DataRotations rotations, RingTurn ring, TenantKeys keys, SecretRewriter rewriter, Helpers helpers, TimeProvider clock, ILogger<DataRotationWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_compactAgain = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            if (await registry.FindAsync(DataRotation.Collection, DataRotation.Key, stoppingToken) is not { FinishedAt: null } rotation)
            {
                await rotations.WaitAsync(stoppingToken);
                continue;
            }

            try
            {
                await RunAsync(rotation, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e);
                await Task.Delay(s_retry, clock, stoppingToken);
            }
        }
    }

    private async Task RunAsync(DataRotation rotation, CancellationToken cancellationToken)
    {
        var key = ring.Make(rotation);
        rotation = rotation with { RingKey = key.KeyId, Done = 0, Unreadable = 0 };
        // First, so that a try that fails after it makes no other key.
        await rotations.StoreAsync(rotation, cancellationToken);
        rotation = rotation with { Total = await rewriter.CountAsync(cancellationToken) };
        await rotations.StoreAsync(rotation, cancellationToken);
        await ring.TakeEffectAsync(key, cancellationToken);
        Log.Started(logger, key.KeyId, rotation.Total);

        await ring.ReprotectAsync(cancellationToken);
        // Hosts that help write under a key that they took before: what they do after it they do under the new one.
        await helpers.DoAloneAsync(() => AdvanceTenantsAsync(key, cancellationToken), cancellationToken);
        var done = 0L;
        var unreadable = await rewriter.RewriteCredentialsAsync(Advanced, cancellationToken);
        unreadable += await rewriter.RewriteSubscriptionsAsync(cancellationToken);
        unreadable += await rewriter.RewriteRawsAsync(Advanced, cancellationToken);

        var finished = rotation with { Done = done, Unreadable = unreadable, FinishedAt = clock.GetUtcNow() };
        var audit = AuditEntry.Make(clock.GetUtcNow(), AuditEntry.Host, "secrets.data_rotated", target: key.KeyId.ToString());
        await rewriter.DestroyUnusedAsync(cancellationToken);
        await CompactAsync(cancellationToken);
        await rotations.FinishAsync(finished, audit, cancellationToken);
        Log.Finished(logger, done, unreadable);

        void Advanced(int count) => rotations.Report(rotation with { Done = done += count });
    }

    /// <summary>Waits for whoever reads all of it, as a dump does: nothing that is done already is done again.</summary>
    private async Task CompactAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await registry.CompactAsync(cancellationToken);
                return;
            }
            catch (StorageException e) when (e.MayPass)
            {
                Log.Failed(logger, e);
                await Task.Delay(s_compactAgain, clock, cancellationToken);
            }
        }
    }

    // A data key that was made after the ring key took effect is wrapped by it; what is older gets a successor.
    private async Task AdvanceTenantsAsync(IKey key, CancellationToken cancellationToken)
    {
        var before = ring.Before(key);
        bool IsDue(DataKey data) => ProtectedPayload.KeyOf(data.Wrapped) is not { } wrapper || before.Contains(wrapper);
        while (true)
        {
            // Unwrapped beforehand, since rewriting Raws waits for nothing. Keys that cannot be unwrapped stay as they are, with all that is under them.
            var due = new List<TenantKey>();
            foreach (var tenant in await registry.ListAsync(TenantKey.Collection, "", cancellationToken))
            {
                if (await keys.IsReadableAsync(tenant.Tenant, cancellationToken) && IsDue(tenant.Newest))
                {
                    due.Add(tenant);
                }
            }

            if (due.Count == 0)
            {
                return;
            }

            // Together, so that they share commits.
            await Task.WhenAll(due.Select(tenant => keys.AdvanceAsync(tenant, IsDue, cancellationToken)));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1304, Level = LogLevel.Information, Message = "All secrets are being encrypted anew under ring key {Key}: {Total}.")]
        public static partial void Started(ILogger logger, Guid key, long total);

        [LoggerMessage(EventId = 1305, Level = LogLevel.Information, Message = "All secrets are encrypted anew: {Done}, of which {Unreadable} could not be decrypted and stay as they were.")]
        public static partial void Finished(ILogger logger, long done, long unreadable);

        [LoggerMessage(EventId = 1306, Level = LogLevel.Error, Message = "Encrypting the secrets anew failed here; it goes on after a while.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
