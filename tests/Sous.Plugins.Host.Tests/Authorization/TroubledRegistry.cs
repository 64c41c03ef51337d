using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>A real registry on a disk that stands still or is full when a test says so.</summary>
internal sealed class TroubledRegistry(IRegistry registry) : IRegistry
{
    /// <summary>Called after each write with its number, from 1, before its caller hears of it.</summary>
    public Action<int>? Written { get; set; }

    /// <summary>What happens just before each write.</summary>
    public Func<Task> Writing { get; set; } = static () => Task.CompletedTask;

    /// <summary>Writes fail.</summary>
    public bool IsFull { get; set; }

    private int _writes;

    public ValueTask<T?> FindAsync<T>(RegistryCollection<T> collection, string key, CancellationToken cancellationToken)
        where T : class => registry.FindAsync(collection, key, cancellationToken);

    public ValueTask<IReadOnlyList<T>> ListAsync<T>(RegistryCollection<T> collection, string keyPrefix, CancellationToken cancellationToken)
        where T : class => registry.ListAsync(collection, keyPrefix, cancellationToken);

    public async Task<TResult> WriteAsync<TResult>(Func<IRegistryTransaction, TResult> work, CancellationToken cancellationToken)
    {
        if (IsFull)
        {
            throw new StorageException("The disk is full.");
        }

        await Writing();
        var result = await registry.WriteAsync(work, cancellationToken);
        Written?.Invoke(Interlocked.Increment(ref _writes));
        return result;
    }

    public Task CompactAsync(CancellationToken cancellationToken) => registry.CompactAsync(cancellationToken);

    public ValueTask DisposeAsync() => registry.DisposeAsync();
}
