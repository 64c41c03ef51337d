using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Backup;

/// <summary>
/// Whether this is a restored copy that waits to be adopted. Two holders of one rotating token kill the grant, and a copy cannot
/// know whether the host that it was taken of still lives: so until an operator says that it does not, it does nothing by itself
/// (<see cref="AfterAdoption{T}"/>), is asked for nothing but reads (<see cref="AdoptionGate"/>), and reaches no service (<see cref="AdoptionHandler"/>).
/// </summary>
internal sealed partial class Adoption(IRegistry registry, TimeProvider clock, ILogger<Adoption> logger) : IDisposable
{
    public const string Code = "adopt_required";

    // One connection after another, so that a thousand grants that may be gone are not tried at once; an hour for all, where there are many.
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    private readonly Queue<Func<Task>> _waiting = [];
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>What the operator is told while it waits.</summary>
    public static string Explain(Restoration waiting) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"This host was restored from a backup of {waiting.BackupAt:yyyy-MM-dd HH:mm} UTC and was not adopted: it changes nothing and reaches no service. Once the host that the backup was taken of is stopped for good, run: sous-plugins adopt");

    /// <returns>The restoration that waits to be adopted, or null where none does.</returns>
    public async ValueTask<Restoration?> FindWaitingAsync(CancellationToken cancellationToken)
        => await registry.FindAsync(Restoration.Collection, Restoration.Key, cancellationToken) is { AdoptedAt: null } waiting ? waiting : null;

    /// <summary>Called once, as soon as it is adopted, in the order of these calls.</summary>
    public void WhenAdopted(Func<Task> start) => _waiting.Enqueue(start);

    /// <summary>Durable when it is answered; then what waited begins, and the connections are verified, one after another. Asked again it changes nothing.</summary>
    /// <returns>Null where this host was not restored.</returns>
    public async Task<AdoptionEnd?> AdoptAsync(string actor, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var now = clock.GetUtcNow();
            var audit = AuditEntry.Make(now, actor, "copy.adopted");
            var adopted = await registry.WriteAsync(transaction => Adopt(transaction, now, audit), cancellationToken);
            if (adopted is not { AdoptedAt: { } at })
            {
                return null;
            }

            // One that fails is not begun a second time by who asks again: the others are, and the next start of the host begins all.
            while (_waiting.TryDequeue(out var start))
            {
                await start();
            }

            var verifying = (await registry.ListAsync(Verification.Collection, "", cancellationToken)).Count;
            Log.Adopted(logger, adopted.BackupAt, verifying);
            return new AdoptionEnd(adopted.BackupAt, at, verifying);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private static Restoration? Adopt(IRegistryTransaction transaction, DateTimeOffset now, AuditEntry audit)
    {
        if (transaction.Find(Restoration.Collection, Restoration.Key) is not { AdoptedAt: null } waiting)
        {
            return transaction.Find(Restoration.Collection, Restoration.Key);
        }

        var adopted = waiting with { AdoptedAt = now };
        transaction.Put(Restoration.Collection, adopted);
        transaction.Append(audit);
        var unverified = transaction.List(Connection.Collection, "").Where(static c => !c.IsOver && c.Status != ConnectionStatus.NeedsReconnect).ToList();
        var pace = s_longest / Math.Max(1, unverified.Count) is var even && even < s_pace ? even : s_pace;
        for (var i = 0; i < unverified.Count; i++)
        {
            var connection = unverified[i];
            transaction.Put(Verification.Collection, Verification.Of(connection, now + (i * pace)));
            transaction.Put(Connection.Collection, connection with
            {
                Status = ConnectionStatus.AdoptRequired,
                Cause = Verification.Wait(adopted),
                Actor = Actor.Nobody,
                ChangedAt = now,
            });
        }

        return adopted;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2800, Level = LogLevel.Information, Message = "The copy of {BackupAt} is adopted; {Connections} connections are verified, one after another.")]
        public static partial void Adopted(ILogger logger, DateTimeOffset backupAt, int connections);
    }
}
