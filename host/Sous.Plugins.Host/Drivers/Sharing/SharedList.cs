using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>The shared entries in the registry. Safe for many threads.</summary>
internal sealed class SharedList(IRegistry registry, HostSecrets secrets)
{
    private const string Secret = "shared-entries";

    /// <exception cref="StorageException">The database cannot be read.</exception>
    public async Task<Content> ReadAsync(CancellationToken cancellationToken)
    {
        var stored = await registry.ListAsync(SealedEntry.Collection, "", cancellationToken);
        var key = await secrets.FindAsync(Secret, cancellationToken);
        var opened = stored.Select(one => (one.Id, Entry: one.Open(key))).ToList();
        return new Content(
            key,
            opened.Where(static one => one.Entry is not null).ToDictionary(static one => one.Id, static one => one.Entry!, StringComparer.Ordinal),
            opened.Where(static one => one.Entry is null).Select(static one => one.Id).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>The hosts' own key, drawn where there is none yet.</summary>
    public ValueTask<byte[]> ReadKeyAsync(CancellationToken cancellationToken) => secrets.ReadAsync(Secret, cancellationToken);

    /// <param name="change">Of the entry as it stands then, null where there is none that a host wrote; null leaves it.</param>
    /// <returns>Whether it was changed.</returns>
    public async Task<bool> ChangeAsync(string id, Func<SharedEntry?, SharedEntry?> change, AuditEntry audit, CancellationToken cancellationToken)
    {
        var key = await ReadKeyAsync(cancellationToken);
        return await registry.WriteAsync(
            transaction =>
            {
                if (change(transaction.Find(SealedEntry.Collection, id)?.Open(key)) is not { } next)
                {
                    return false;
                }

                transaction.Put(SealedEntry.Collection, SealedEntry.Seal(next, key));
                transaction.Append(audit);
                return true;
            },
            cancellationToken);
    }

    /// <param name="Key">Null where no host has shared anything yet.</param>
    /// <param name="Entries">By the driver's id.</param>
    /// <param name="Forged">The ids of those that no host has written.</param>
    internal sealed record Content(byte[]? Key, IReadOnlyDictionary<string, SharedEntry> Entries, IReadOnlySet<string> Forged);
}
