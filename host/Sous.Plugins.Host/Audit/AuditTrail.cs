using System.Security.Cryptography;
using System.Text.Json;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Audit;

/// <summary>The one place that writes the trail: each entry carries the hash of the one before, so none can be changed, taken out or moved unseen.</summary>
internal static class AuditTrail
{
    /// <summary>Appends it in the write that does what it tells.</summary>
    public static void Append(this IRegistryTransaction transaction, AuditEntry entry)
    {
        var (chained, head) = Chain(transaction.Find(AuditHead.Collection, AuditHead.Key) ?? AuditHead.Beginning, entry);
        transaction.Put(AuditEntry.Collection, chained);
        transaction.Put(AuditHead.Collection, head);
        entry.Witness?.Seen();
    }

    /// <summary>An entry that belongs to no other write.</summary>
    public static Task AppendAsync(this IRegistry registry, AuditEntry entry, CancellationToken cancellationToken)
        => registry.WriteAsync(transaction => transaction.Append(entry), cancellationToken);

    /// <summary>The last entry, or null where there is none.</summary>
    public static Task<AuditEntry?> FindLastAsync(this IRegistry registry, CancellationToken cancellationToken) => registry.WriteAsync(
        static transaction => transaction.Find(AuditHead.Collection, AuditHead.Key) is { } head ? transaction.Find(AuditEntry.Collection, AuditEntry.KeyOf(head.Sequence)) : null,
        cancellationToken);

    /// <summary>The entry in its place after <paramref name="head"/>, and the head after it.</summary>
    public static (AuditEntry Entry, AuditHead Head) Chain(AuditHead head, AuditEntry entry)
    {
        var placed = entry with { Sequence = head.Sequence + 1, Previous = head.Hash };
        placed = placed with { Hash = HashOf(placed) };
        return (placed, head with { Sequence = placed.Sequence, Hash = placed.Hash });
    }

    /// <summary>The same for a registry that is written without the rooms: what to put there, each with its collection's name.</summary>
    public static IEnumerable<(string Collection, RegistryEntry Document)> Follow(AuditHead head, AuditEntry entry)
    {
        var (placed, next) = Chain(head, entry);
        return [(AuditEntry.Collection.Name, RegistryEntry.Of(AuditEntry.Collection, placed)), (AuditHead.Collection.Name, RegistryEntry.Of(AuditHead.Collection, next))];
    }

    /// <summary>What an entry's hash must be.</summary>
    public static string HashOf(AuditEntry entry)
        => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(entry with { Hash = null }, AuditJson.Default.AuditEntry)));
}
