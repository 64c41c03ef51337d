using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Gaps;

/// <summary>Which business days were looked at for gaps, and the gaps that are not settled. In the change store's database; what a task acknowledges is durable.</summary>
internal interface IGaps
{
    /// <returns>Up to which day the scope was looked at, null where it never was; and what is not settled, oldest first.</returns>
    ValueTask<(DateOnly? LookedAt, IReadOnlyList<Gap> Open)> ReadAsync(Scope scope, CancellationToken cancellationToken);

    /// <returns>How many records there are of each business day from the first to the last.</returns>
    ValueTask<int[]> CountAsync(Scope scope, DateOnly first, DateOnly last, CancellationToken cancellationToken);

    /// <summary>
    /// Notes up to which day the scope was looked at, with what was found. A gap with a number is put in place of the one that has it, if there is one still.
    /// With the run's fencing number: a host that was stopped after it had looked would find anew what another has told of meanwhile.
    /// </summary>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    Task NoteAsync(TenantId tenant, Scope scope, long fence, DateOnly lookedAt, IReadOnlyList<Gap> found, CancellationToken cancellationToken);

    /// <summary>The gap is none, or is taken for a day on which nothing was sold.</summary>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    Task ForgetAsync(TenantId tenant, Scope scope, long fence, long gap, CancellationToken cancellationToken);

    /// <returns>Those of the sync that are not settled.</returns>
    ValueTask<IReadOnlyList<Gap>> ListAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken);

    /// <summary>Settles what a run found: with a yes the days count as closed; with a no the service is asked again by the next run.</summary>
    Task DecideAsync(string run, bool approve, CancellationToken cancellationToken);
}
