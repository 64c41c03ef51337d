namespace Sous.Plugins.Host.Storage;

/// <summary>
/// The small, precious documents: connections, credentials, keys, schedules. LiteDB when embedded, PostgreSQL when scaled out.
/// Documents are immutable records; one that was read may be kept and compared, never changed.
/// Safe for any number of threads. A failure of the store is a <see cref="StorageException"/>.
/// </summary>
internal interface IRegistry : IAsyncDisposable
{
    /// <summary>The document as last acknowledged, or null.</summary>
    ValueTask<T?> FindAsync<T>(RegistryCollection<T> collection, string key, CancellationToken cancellationToken)
        where T : class;

    /// <summary>The documents whose key starts with <paramref name="keyPrefix"/> ("" for all), in ordinal key order.</summary>
    ValueTask<IReadOnlyList<T>> ListAsync<T>(RegistryCollection<T> collection, string keyPrefix, CancellationToken cancellationToken)
        where T : class;

    /// <summary>
    /// Durable when the task completes. <paramref name="work"/> runs alone, in order; it may run more than once
    /// (a group that failed is tried again one by one), so it has no effect outside the transaction, and it must not call the registry.
    /// What it throws fails this write only, and nothing of it is kept. Cancelling counts until the work has begun.
    /// </summary>
    Task<TResult> WriteAsync<TResult>(Func<IRegistryTransaction, TResult> work, CancellationToken cancellationToken);

    /// <summary>Leaves no trace in the files of documents that were deleted or replaced before. Writes wait as long as it takes to write all anew.</summary>
    Task CompactAsync(CancellationToken cancellationToken);
}
