using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>Takes rotations of the data keys and tells how far they are; <see cref="DataRotationWorker"/> carries them out.</summary>
internal sealed class DataRotations(IRegistry registry, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _wanted = new(0);
    private volatile DataRotation? _progress;

    /// <summary>Begins one, durably; or returns the one that is under way.</summary>
    public async Task<DataRotation> StartAsync(string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var audit = AuditEntry.Make(now, actor, "secrets.data_rotation_started");
        var rotation = await registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(DataRotation.Collection, DataRotation.Key) is { FinishedAt: null } underWay)
                {
                    return underWay;
                }

                var begun = new DataRotation { StartedAt = now };
                transaction.Put(DataRotation.Collection, begun);
                transaction.Append(audit);
                return begun;
            },
            cancellationToken);
        _wanted.Release();
        return rotation;
    }

    /// <summary>The one that is under way, else the last one, or null.</summary>
    public async ValueTask<DataRotation?> FindAsync(CancellationToken cancellationToken) =>
        await registry.FindAsync(DataRotation.Collection, DataRotation.Key, cancellationToken) switch
        {
            { FinishedAt: null } stored when _progress is { } progress && progress.StartedAt == stored.StartedAt => progress,
            var stored => stored,
        };

    /// <summary>Completes when one was begun since it last did.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _wanted.WaitAsync(cancellationToken);

    /// <summary>How far it is; told to those who ask, and not stored.</summary>
    public void Report(DataRotation progress) => _progress = progress;

    public Task StoreAsync(DataRotation rotation, CancellationToken cancellationToken)
    {
        _progress = rotation;
        return registry.WriteAsync(transaction => transaction.Put(DataRotation.Collection, rotation), cancellationToken);
    }

    public Task FinishAsync(DataRotation rotation, AuditEntry audit, CancellationToken cancellationToken) => registry.WriteAsync(
        transaction =>
        {
            transaction.Put(DataRotation.Collection, rotation);
            transaction.Append(audit);
        },
        cancellationToken);

    public void Dispose() => _wanted.Dispose();
}
