using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What an operator decides on runs that ask: it is carried out by the next run of the same sync, which begins at once.</summary>
internal sealed class RunDecisions(IListings listings, IGaps gaps, IChangeStore store, SyncScheduler scheduler, IRegistry registry, TimeProvider clock)
{
    /// <returns>The runs of the sync that wait for a decision.</returns>
    public async ValueTask<IReadOnlyList<string>> ListAskingAsync(SyncKey key, CancellationToken cancellationToken)
        => [.. (await listings.ListHeldAsync(key.Connection, key.Stream, cancellationToken)).Select(static held => held.Run)
            .Concat((await gaps.ListAsync(key.Connection, key.Stream, cancellationToken)).Where(static gap => gap is { IsTold: true, IsRejected: false }).Select(static gap => gap.Run))
            .Distinct(StringComparer.Ordinal)];

    /// <returns>Whether the run was called wrong, and the service is asked again for what it found.</returns>
    public async ValueTask<bool> IsAskedAgainAsync(SyncKey key, string run, CancellationToken cancellationToken)
        => (await gaps.ListAsync(key.Connection, key.Stream, cancellationToken)).Any(gap => gap.Run == run && gap.IsRejected);

    public async Task<Results<Accepted<RunView>, ProblemHttpResult>> DecideAsync(string id, bool approve, Caller caller, CancellationToken cancellationToken)
    {
        if (await store.FindRunAsync(id, cancellationToken) is not { } run || !caller.Reaches(run.Tenant))
        {
            return Problems.NotFound();
        }

        var asking = await listings.ListHeldAsync(run.Connection, run.Stream, cancellationToken);
        var isGap = (await gaps.ListAsync(run.Connection, run.Stream, cancellationToken)).Any(gap => gap.Run == id);
        if (!isGap && !asking.Any(held => held.Run == id))
        {
            return asking is [.., var last]
                ? Problems.Conflict("run_superseded", $"Run {last.Run} has asked since run {id}: decide on that one.", ("run", last.Run))
                : Problems.Conflict("nothing_to_decide", $"Run {id} waits for no decision.");
        }

        var audit = AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, approve ? "run.approved" : "run.rejected", run.Tenant, id);
        await registry.AppendAsync(audit, cancellationToken);
        await listings.DecideAsync(id, approve, cancellationToken);
        await gaps.DecideAsync(id, approve, cancellationToken);
        scheduler.RunSoon(new SyncKey(run.Connection, run.Stream));
        return TypedResults.Accepted($"/api/v1/runs/{id}", RunView.Of(await store.FindRunAsync(id, cancellationToken) ?? run));
    }
}
