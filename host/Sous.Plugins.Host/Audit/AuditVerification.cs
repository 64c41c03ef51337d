using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Audit;

/// <summary>Reads the trail, and walks it from its first entry to its seal.</summary>
internal sealed class AuditVerification(IRegistry registry, AuditSeals seals)
{
    // The registry's one writer reads them: other writes wait for some milliseconds at a time.
    private const int Slice = 500;

    /// <summary>Entries after that place, oldest first.</summary>
    public Task<IReadOnlyList<AuditEntry>> ReadAsync(long after, int limit, CancellationToken cancellationToken)
        => registry.WriteAsync<IReadOnlyList<AuditEntry>>(transaction => [.. Read(transaction, after + 1, limit).OfType<AuditEntry>()], cancellationToken);

    /// <param name="known">A head that was told earlier, which must still be in the trail; null for none.</param>
    public async Task<AuditVerdict> VerifyAsync(AuditHead? known, CancellationToken cancellationToken)
    {
        var last = AuditHead.Beginning;
        while (true)
        {
            var (entries, head, sealFault) = await registry.WriteAsync(
                transaction => (Read(transaction, last.Sequence + 1, Slice), transaction.Find(AuditHead.Collection, AuditHead.Key) ?? AuditHead.Beginning, seals.FaultOf(transaction)),
                cancellationToken);
            foreach (var entry in entries)
            {
                if (FaultOf(last, entry) is { } fault)
                {
                    return new AuditVerdict(head.Sequence, head.Hash, fault);
                }

                last = last with { Sequence = last.Sequence + 1, Hash = entry?.Hash ?? "" };
                if (last.Sequence == known?.Sequence && last.Hash != known.Hash)
                {
                    return new AuditVerdict(head.Sequence, head.Hash, new AuditFault(last.Sequence, "The entry is not the one whose hash was noted."));
                }
            }

            if (last.Sequence == head.Sequence)
            {
                return new AuditVerdict(head.Sequence, head.Hash, EndFault(last, head, known) ?? sealFault);
            }
        }
    }

    private static AuditFault? FaultOf(AuditHead last, AuditEntry? entry) => entry switch
    {
        null => new AuditFault(last.Sequence + 1, "The entry was taken out."),
        _ when entry.Hash != AuditTrail.HashOf(entry) => new AuditFault(last.Sequence + 1, "The entry was changed."),
        _ when entry.Sequence != last.Sequence + 1 || entry.Previous != last.Hash => new AuditFault(last.Sequence + 1, "The entry does not follow the one before it: entries were moved, or written anew."),
        _ => null,
    };

    private static AuditFault? EndFault(AuditHead last, AuditHead head, AuditHead? known)
        => last.Hash != head.Hash ? new AuditFault(last.Sequence, "The last entry is not the one that the trail ends with.")
            : known?.Sequence > last.Sequence ? new AuditFault(last.Sequence + 1, $"The trail had {known.Sequence} entries when its hash was noted, and has {last.Sequence}: its end was cut off.")
            : null;

    /// <summary>Those up to the head; null for one that is missing.</summary>
    private static List<AuditEntry?> Read(IRegistryTransaction transaction, long from, int count)
    {
        var head = transaction.Find(AuditHead.Collection, AuditHead.Key) ?? AuditHead.Beginning;
        var entries = new List<AuditEntry?>();
        for (var sequence = from; sequence < from + count && sequence <= head.Sequence; sequence++)
        {
            entries.Add(transaction.Find(AuditEntry.Collection, AuditEntry.KeyOf(sequence)));
        }

        return entries;
    }
}
