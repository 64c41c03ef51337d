using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Events;

/// <summary>
/// What happened to each tenant's connections, in order. An event is appended in the transaction of the change that it tells, so
/// neither exists without the other.
/// </summary>
internal sealed class EventLog(IRegistry registry)
{
    /// <summary>Kept of one tenant at most; the oldest go as new ones come.</summary>
    public const int Most = 10_000;

    private const int MostTrimmed = 100;

    // Blocks: a thousand events, a tenth of what is kept at most.
    private const int MostLookedThrough = 10;

    /// <summary>How long an event is kept at least, unless there are more than <see cref="Most"/>.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gives it an id and the tenant's next number, and stores it. Whoever writes the transaction calls <see cref="Wake"/> after, or uses <see cref="WriteAsync{TResult}"/>.</summary>
    public static void Append(IRegistryTransaction transaction, PlatformEvent told)
    {
        var head = transaction.Find(EventHead.Collection, told.Tenant.Value) ?? new EventHead(told.Tenant, 1, 0);
        var last = head.Last + 1;
        transaction.Put(PlatformEvent.Collection, told with { Id = RandomText.Id("evt_"), Sequence = last });
        transaction.Put(EventHead.Collection, head with { First = Trim(transaction, told, head.First, last), Last = last });
    }

    /// <returns>Whether there was something to delete.</returns>
    public static bool ForgetSome(IRegistryTransaction transaction, TenantId tenant)
    {
        if (transaction.Find(EventHead.Collection, tenant.Value) is not { } head || head.First > head.Last)
        {
            return false;
        }

        var first = Math.Min(head.Last + 1, head.First + (10 * MostTrimmed));
        for (var sequence = head.First; sequence < first; sequence++)
        {
            transaction.Delete(PlatformEvent.Collection, PlatformEvent.KeyOf(tenant, sequence));
        }

        transaction.Put(EventHead.Collection, head with { First = first });
        return true;
    }

    /// <summary>A write that may append: those who wait are told once it is durable.</summary>
    public async Task<TResult> WriteAsync<TResult>(Func<IRegistryTransaction, TResult> work, CancellationToken cancellationToken)
    {
        var result = await registry.WriteAsync(work, cancellationToken);
        Wake();
        return result;
    }

    /// <inheritdoc cref="WriteAsync{TResult}"/>
    public async Task WriteAsync(Action<IRegistryTransaction> work, CancellationToken cancellationToken)
    {
        await registry.WriteAsync(work, cancellationToken);
        Wake();
    }

    /// <summary>Ends with the next <see cref="Wake"/>.</summary>
    public Task News => Volatile.Read(ref _news).Task;

    /// <summary>Tells all who wait to look again. One that nobody woke finds what it waits for at the end of its wait.</summary>
    public void Wake() => Interlocked.Exchange(ref _news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>What came after that position; waits for it until <paramref name="patience"/> ends. Null where the position is not in this log any more.</summary>
    public async Task<EventPage?> ReadAsync(TenantId tenant, long after, int limit, CancellationToken patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            var news = News;
            // Whoever has read all, as most have, needs the head alone.
            var head = await registry.FindAsync(EventHead.Collection, tenant.Value, cancellationToken);
            if (after != (head?.Last ?? 0))
            {
                return await registry.WriteAsync(transaction => Read(transaction, tenant, after, limit), cancellationToken);
            }

            if (patience.IsCancellationRequested)
            {
                return new EventPage([], after);
            }

            await news.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The position of a tenant's newest event; 0 before the first.</summary>
    public async ValueTask<long> FindLastAsync(TenantId tenant, CancellationToken cancellationToken)
        => (await registry.FindAsync(EventHead.Collection, tenant.Value, cancellationToken))?.Last ?? 0;

    /// <summary>What is wanted of that which came before a position, newest first; a part of the log is looked through, so that what is rarely wanted holds nobody up.</summary>
    /// <returns>Where to go on from is null at the log's beginning.</returns>
    public async ValueTask<(IReadOnlyList<PlatformEvent> Found, long? Before)> ReadBackAsync(TenantId tenant, long before, int limit, Func<PlatformEvent, bool> isWanted, CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(EventHead.Collection, tenant.Value, cancellationToken) is not { } head)
        {
            return ([], null);
        }

        var found = new List<PlatformEvent>();
        var (first, block) = (head.First / PlatformEvent.BlockSize, Math.Min(head.Last, before - 1) / PlatformEvent.BlockSize);
        for (var looked = 0; looked < MostLookedThrough && found.Count <= limit && block >= first; looked++, block--)
        {
            var told = await registry.ListAsync(PlatformEvent.Collection, PlatformEvent.PrefixOf(tenant, block), cancellationToken);
            found.AddRange(told.Where(one => one.Sequence < before && isWanted(one)).OrderByDescending(static one => one.Sequence).Take(limit + 1 - found.Count));
        }

        return found.Count > limit ? (found[..limit], found[limit - 1].Sequence)
            : (found, block >= first ? (block + 1) * PlatformEvent.BlockSize : null);
    }

    /// <summary>Deletes all of a tenant's events, a part at a time.</summary>
    public async Task ForgetAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        while (await registry.WriteAsync(transaction => ForgetSome(transaction, tenant), cancellationToken))
        {
        }
    }

    private static long Trim(IRegistryTransaction transaction, PlatformEvent newest, long first, long last)
    {
        for (var trimmed = 0; trimmed < MostTrimmed && first < last; trimmed++, first++)
        {
            var key = PlatformEvent.KeyOf(newest.Tenant, first);
            if (last - first < Most && transaction.Find(PlatformEvent.Collection, key) is { } oldest && newest.At - oldest.At < Kept)
            {
                break;
            }

            transaction.Delete(PlatformEvent.Collection, key);
        }

        return first;
    }

    /// <summary>What is held is judged by the head that the events are read with: some may go at any time.</summary>
    private static EventPage? Read(IRegistryTransaction transaction, TenantId tenant, long after, int limit)
    {
        var head = transaction.Find(EventHead.Collection, tenant.Value) ?? new EventHead(tenant, 1, 0);
        if (!head.Holds(after))
        {
            return null;
        }

        var from = Math.Max(after + 1, head.First);
        var items = new List<PlatformEvent>();
        for (var block = from / PlatformEvent.BlockSize; items.Count < limit && block <= head.Last / PlatformEvent.BlockSize; block++)
        {
            var told = transaction.List(PlatformEvent.Collection, PlatformEvent.PrefixOf(tenant, block));
            items.AddRange(told.Where(one => one.Sequence >= from).Take(limit - items.Count));
        }

        return new EventPage(items, items.Count == 0 ? head.Last : items[^1].Sequence);
    }
}
