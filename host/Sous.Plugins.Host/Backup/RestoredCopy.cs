using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Backup;

/// <summary>A registry that is found to be a copy, as <see cref="Restore"/> makes one of a backup.</summary>
internal static class RestoredCopy
{
    /// <summary>It waits until it is adopted, and its logs begin anew: whoever calls this deletes their events.</summary>
    /// <param name="moved">By how much the feeds' numbers are greater than those that it knows.</param>
    /// <param name="lastRun">When the last run in it began or ended.</param>
    public static void Begin(IRegistryTransaction transaction, long moved, DateTimeOffset lastRun, DateTimeOffset now)
    {
        var asOf = transaction.List(Credential.Collection, "").Select(static credential => credential.RefreshedAt ?? credential.ObtainedAt).Append(lastRun).Max();
        transaction.Put(Restoration.Collection, new Restoration { BackupAt = asOf, RestoredAt = now });
        foreach (var told in transaction.List(ToldRecords.Collection, ""))
        {
            transaction.Put(ToldRecords.Collection, told.Move(moved));
        }

        foreach (var head in transaction.List(EventHead.Collection, ""))
        {
            transaction.Put(EventHead.Collection, head.BeginAnew(now));
        }

        transaction.Append(AuditEntry.Make(now, AuditEntry.Host, "backup.restored", detail: $"a copy of the database, as of {asOf:u}"));
    }
}
