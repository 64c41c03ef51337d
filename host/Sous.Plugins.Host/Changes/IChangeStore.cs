using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>
/// Records, versions, checkpoints, feed and runs, in one database, where one transaction covers them. SQLite here;
/// PostgreSQL with several hosts. What a task acknowledges is durable.
/// </summary>
internal interface IChangeStore : IAsyncDisposable
{
    /// <summary>The epoch of the feeds: another after a restore.</summary>
    string Feed { get; }

    /// <summary>Stores a run that begins and draws its fencing number: from then on no earlier run of the connection and stream commits.</summary>
    /// <exception cref="StaleFenceException">The connection was deleted, or belongs to another tenant.</exception>
    Task<SyncRun> BeginRunAsync(SyncRun run, CancellationToken cancellationToken);

    /// <summary>Stores how a run ended; a run that a later one has fenced off ends all the same.</summary>
    /// <param name="fetches">What it has left of its scopes.</param>
    Task EndRunAsync(SyncRun run, IReadOnlyList<ScopeFetch> fetches, CancellationToken cancellationToken);

    /// <summary>What the runs of a stream have left of its scopes: at most one of each.</summary>
    ValueTask<IReadOnlyList<ScopeFetch>> ListFetchesAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken);

    ValueTask<SyncRun?> FindRunAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    ValueTask<IReadOnlyList<SyncRun>> ListRunsAsync(ConnectionId connection, StreamName? stream, int limit, CancellationToken cancellationToken);

    /// <param name="after">Only older ones than this run.</param>
    /// <inheritdoc cref="ListRunsAsync(ConnectionId, StreamName?, int, CancellationToken)"/>
    ValueTask<IReadOnlyList<SyncRun>> ListRunsAsync(ConnectionId connection, StreamName? stream, string after, int limit, CancellationToken cancellationToken);

    /// <summary>Of each sync the newest run since the checkpoint that no webhook started: one that did may have covered some locations only.</summary>
    /// <returns>Without those that never ran.</returns>
    ValueTask<IReadOnlyDictionary<SyncKey, SyncRun>> FindLastWholeRunsAsync(IReadOnlyCollection<SyncKey> syncs, CancellationToken cancellationToken);

    /// <summary>The newest of those runs that completed and fetched up to the present.</summary>
    ValueTask<SyncRun?> FindLastFetchAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken);

    /// <summary>Runs that never ended: those of a host that was killed.</summary>
    ValueTask<IReadOnlyList<SyncRun>> ListOpenRunsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Drops runs that ended before <paramref name="before"/>, and before <paramref name="idleBefore"/> those that completed and changed
    /// nothing, in small transactions between which others write. Kept whatever their age: the newest hundred of each sync, what
    /// <see cref="FindLastWholeRunsAsync"/> and <see cref="FindLastFetchAsync"/> find, and runs that wait for a decision.
    /// </summary>
    Task PruneRunsAsync(DateTimeOffset before, DateTimeOffset idleBefore, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a page. An unchanged record makes no version and no feed entry. The bodies may be lent: they are read until the
    /// task ends, and cancelling counts only until the writing begins.
    /// </summary>
    /// <exception cref="StaleFenceException">A later run has begun; nothing was written.</exception>
    Task<CommitResult> CommitAsync(PageCommit page, CancellationToken cancellationToken);

    ValueTask<Checkpoint?> ReadCheckpointAsync(Scope scope, CancellationToken cancellationToken);

    /// <returns>Those of the sync's scopes that have one.</returns>
    ValueTask<IReadOnlyList<StoredCheckpoint>> ListCheckpointsAsync(SyncKey sync, CancellationToken cancellationToken);

    /// <summary>
    /// Sets checkpoints by hand or, with null, removes them, all or none. It draws a fencing number: no run that began before commits any
    /// more. A listing that is under way, or is taken up in its midst by a position that is set, deletes nothing.
    /// </summary>
    /// <param name="check">Is shown within the write what there is. What it throws is thrown here, and nothing is changed.</param>
    Task ChangeCheckpointsAsync(
        SyncKey sync, IReadOnlyCollection<(string? Location, Checkpoint? To)> changes, Action<IReadOnlyList<StoredCheckpoint>> check, DateTimeOffset at, CancellationToken cancellationToken);

    /// <exception cref="FeedResetException">The reader is not in this feed any more: it missed deletes that are not kept.</exception>
    ValueTask<FeedPage> ReadChangesAsync(FeedQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Drops versions that had a newer one at <paramref name="before"/>, and deletes of long before, in small transactions between
    /// which others write. The newest version of a record is kept. Doing it again, or going on after a kill, changes nothing more.
    /// </summary>
    Task CompactAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>All tenants' newest sequences, added up.</summary>
    ValueTask<long> SumHeadsAsync(CancellationToken cancellationToken);

    /// <summary>The tenant's newest sequence; completes when it is past <paramref name="after"/>.</summary>
    Task<long> WaitForChangesAsync(TenantId tenant, long after, CancellationToken cancellationToken);

    /// <summary>
    /// Carries out a mapping: held records of the location are released as upserts; records under an earlier own id are
    /// deleted there and upserted under the new; with null they are deleted and held. Doing it again changes nothing.
    /// </summary>
    Task ApplyMappingAsync(TenantId tenant, ConnectionId connection, string externalLocation, string? ownId, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Records held, by the service's location id.</summary>
    ValueTask<IReadOnlyDictionary<string, long>> CountHeldAsync(ConnectionId connection, CancellationToken cancellationToken);

    /// <summary>Current sales of the business days asked for, or those known on a date, as canonical JSON, in an order that stays: <see cref="SalesQuery.After"/> goes on in it.</summary>
    /// <exception cref="VersionsGoneException">What was known then is not kept any more.</exception>
    IAsyncEnumerable<FeedEntry> ReadSalesAsync(SalesQuery query, CancellationToken cancellationToken);

    /// <summary>Records, versions, checkpoints and runs of a connection, and a delete for each in the feed. Doing it again changes nothing.</summary>
    Task DeleteConnectionAsync(TenantId tenant, ConnectionId connection, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>How many Raws are stored.</summary>
    ValueTask<long> CountRawsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Hands every stored Raw to <paramref name="rewrite"/>, in small transactions between which others write, and from now until the
    /// store is closed every Raw that is written too: when the task ends, none is left that it would rewrite.
    /// </summary>
    /// <param name="rewrite">Called on any thread; quick, and waits for nothing.</param>
    /// <param name="advanced">How many more were looked at.</param>
    Task RewriteRawsAsync(RawRewrite rewrite, Action<int> advanced, CancellationToken cancellationToken);

    /// <summary>All that the tenant has here, its feed too. Doing it again changes nothing.</summary>
    Task DeleteTenantAsync(TenantId tenant, CancellationToken cancellationToken);
}
