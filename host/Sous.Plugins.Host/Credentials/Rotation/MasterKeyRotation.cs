using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>
/// Wraps the key ring by another master key. Nothing under the ring changes and nothing is ever unreadable: all entries change in
/// one write, and this process knows both keys. Killed at any point the folder starts with the one key or the other, and it can be asked again.
/// </summary>
internal sealed partial class MasterKeyRotation(
    IRegistry registry, MasterKeys masters, DataFolder folder, TimeProvider clock, ILogger<MasterKeyRotation> logger) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);

    /// <param name="newKeyFile">An absolute path on the host's machine; null generates a key where the present one is generated.</param>
    /// <exception cref="BootGateException">The file cannot be used, or is needed; nothing was changed.</exception>
    public async Task<MasterKeyChange> RotateAsync(string? newKeyFile, string actor, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            var next = newKeyFile is null ? Generate() : MasterKey.Read(newKeyFile, MasterKeySource.File);
            var generated = next.Source == MasterKeySource.Generated ? new GeneratedKeyFile(folder) : null;
            generated?.Stage(next);
            masters.Learn(next);
            var (entries, changed) = await RewrapAsync(next, actor, cancellationToken);
            masters.Advance(next);

            // Wrapped by the former key the entries stand on in freed pages; asked again, it is done again.
            var left = await TryCompactAsync(cancellationToken) ? "" : " What the former key had wrapped lies in the store still, as something reads all of it at this moment, such as a dump: ask again afterwards.";
            generated?.Keep(next);
            Log.Changed(logger, next.Id, entries);
            return new MasterKeyChange(next.Id, entries, changed, generated is null
                ? $"Before the next start set SOUS_MasterKeyFile={next.Origin} and no SOUS_MasterKey: the former key opens this data folder no more.{left}"
                : $"Nothing is to be set: the new key lies in {next.Origin}.{left}");
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    /// <summary>The new key holds whether or not: that it could not be done is no failure of the change.</summary>
    private async Task<bool> TryCompactAsync(CancellationToken cancellationToken)
    {
        try
        {
            await registry.CompactAsync(cancellationToken);
            return true;
        }
        catch (StorageException e) when (e.MayPass)
        {
            Log.NotCompacted(logger, e);
            return false;
        }
    }

    private MasterKey Generate() => masters.Current.Source == MasterKeySource.Generated
        ? new GeneratedKeyFile(folder).Make()
        : throw new BootGateException("A new key file is needed (--new-key-file): a key is generated only in place of a generated one.");

    private Task<(int Entries, bool Changed)> RewrapAsync(MasterKey next, string actor, CancellationToken cancellationToken)
    {
        var audit = AuditEntry.Make(clock.GetUtcNow(), actor, "secrets.master_rotated", target: next.Id, detail: $"from {masters.Current.Id}");
        return registry.WriteAsync(
            transaction =>
            {
                var entries = transaction.List(RingEntry.Collection, "");
                var wrapped = entries.Select(entry => RingWrapper.Rewrap(entry, masters, next)).Except(entries).ToList();
                wrapped.ForEach(entry => transaction.Put(RingEntry.Collection, entry));
                if (wrapped.Count > 0)
                {
                    transaction.Append(audit);
                }

                return (entries.Count, wrapped.Count > 0);
            },
            cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1303, Level = LogLevel.Information, Message = "The key ring is wrapped by master key {Master}, all {Entries} entries.")]
        public static partial void Changed(ILogger logger, string master, int entries);

        [LoggerMessage(EventId = 1307, Level = LogLevel.Warning, Message = "What the former master key had wrapped could not be destroyed yet: the change is to be asked for again.")]
        public static partial void NotCompacted(ILogger logger, Exception exception);
    }
}
