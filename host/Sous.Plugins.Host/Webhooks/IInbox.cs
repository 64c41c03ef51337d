using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>
/// Events of services, kept from before they are acknowledged until they are worked off; their ids stay for <see cref="Kept"/>, so
/// that one that comes again has no effect. SQLite here; PostgreSQL with several hosts. What a task acknowledges is durable.
/// </summary>
internal interface IInbox
{
    /// <summary>How long an event's id is known, and one that nobody takes is kept.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>Events that wait to be taken; beyond it none is kept.</summary>
    const int MostNew = 100_000;

    /// <summary>Unclaimed events of all accounts, and of one (of one location, where a service names no account); the oldest go.</summary>
    const int MostUnclaimed = 10_000;

    /// <inheritdoc cref="MostUnclaimed"/>
    const int MostOfAccount = 100;

    /// <returns>How many were not known; null where there is no room, and none was kept.</returns>
    Task<int?> KeepAsync(IReadOnlyList<InboxEntry> entries, CancellationToken cancellationToken);

    /// <summary>What was kept and not taken yet, oldest first.</summary>
    ValueTask<IReadOnlyList<InboxEntry>> ReadNewAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Takes events: each becomes work of the keys beside it, or is unclaimed where there is none. What another host has taken meanwhile stays as it is.</summary>
    Task TakeAsync(IReadOnlyList<(InboxEntry Entry, IReadOnlyList<InboxKey> Keys)> taken, CancellationToken cancellationToken);

    /// <summary>Every key that has work.</summary>
    ValueTask<IReadOnlyList<InboxKey>> ListWorkAsync(CancellationToken cancellationToken);

    /// <summary>A key's work, oldest first.</summary>
    ValueTask<IReadOnlyList<InboxEntry>> ReadWorkAsync(InboxKey key, int limit, CancellationToken cancellationToken);

    /// <summary>The key's work for these events is done: of an event whose work is all done only its id is left.</summary>
    /// <param name="done">Null for all that the key has.</param>
    Task FinishAsync(InboxKey key, IReadOnlyList<InboxEntry>? done, CancellationToken cancellationToken);

    /// <summary>Whom unclaimed events are about.</summary>
    ValueTask<IReadOnlyList<InboxAccount>> ListUnclaimedAsync(CancellationToken cancellationToken);

    /// <summary>Somebody connected: the events about them are new again.</summary>
    Task ReclaimAsync(InboxAccount account, CancellationToken cancellationToken);

    ValueTask<long> CountUnclaimedAsync(DriverId driver, CancellationToken cancellationToken);

    /// <summary>Deletes what came before, unless it was never taken.</summary>
    Task SweepAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
