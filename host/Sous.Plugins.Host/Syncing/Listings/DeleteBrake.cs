using System.Globalization;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Listings;

/// <summary>
/// Deletes what a complete listing of a scope does not name, and holds back what would delete too much: a service that leaves
/// out half of a catalogue looks like a restaurant that has thrown it away.
/// </summary>
internal sealed partial class DeleteBrake(IListings listings, IOptions<SyncingOptions> options, TimeProvider clock, ILogger<DeleteBrake> logger)
{
    /// <summary>Before a scope is fetched: what a run that was cut off has left, or an operator has approved. After it: what it has listed.</summary>
    /// <returns>Suspect where this run has to ask; with a question where an earlier one does.</returns>
    /// <exception cref="Changes.StaleFenceException">A later run has begun.</exception>
    public async Task<RunEnd> SettleAsync(ScopeWork work, ActiveRun active, CancellationToken cancellationToken)
    {
        if (work.Bounded)
        {
            return RunEnd.Completed;
        }

        var stored = await listings.ListAsync(work.Scope, cancellationToken);
        var mine = new ListingWork(work.Tenant, work.Scope, active.Run.Id, active.Run.Fence);
        var isSettled = false;
        foreach (var listing in stored.Where(static listing => listing.State is ListingState.Complete or ListingState.Approved))
        {
            isSettled = true;
            await SettleAsync(mine, listing, stored, active, cancellationToken);
        }

        stored = isSettled ? await listings.ListAsync(work.Scope, cancellationToken) : stored;
        return stored.LastOrDefault(static listing => listing.State == ListingState.Held) is not { } held ? RunEnd.Completed
            : held.Run == active.Run.Id ? new RunEnd(SyncOutcome.Suspect, QuestionOf(held), Trouble.Suspect)
            : RunEnd.Completed with { Question = QuestionOf(held) };
    }

    private async Task SettleAsync(ListingWork work, StoredListing listing, IReadOnlyList<StoredListing> stored, ActiveRun active, CancellationToken cancellationToken)
    {
        var missing = await listings.CompareAsync(work.Scope, listing.No, cancellationToken);
        if (listing.State == ListingState.Complete && IsTooMuch(missing))
        {
            if (stored.Any(kept => kept.State == ListingState.Kept && kept.Missing.Print == missing.Print))
            {
                await listings.PassOverAsync(work, listing.No, cancellationToken);
                return;
            }

            await listings.HoldAsync(work, listing.No, missing, cancellationToken);
            Log.Held(logger, work.Scope, missing.Count, missing.Total, work.Run);
            return;
        }

        if (missing.Count > 0)
        {
            await listings.DeleteMissingAsync(work, listing.No, clock.GetUtcNow(), deleted => active.Progress.Delete(work.Scope.Location, deleted, clock.GetUtcNow()), cancellationToken);
        }

        await listings.FinishAsync(work, listing.No, cancellationToken);
    }

    // All that a scope has is too much however little that is: an empty answer looks just so.
    private bool IsTooMuch(Missing missing) => missing.Count * 100 > missing.Total * options.Value.MaxDeletedPercent
        && (missing.Count >= options.Value.HeldDeletesFrom || missing is { Count: > 1 } && missing.Count == missing.Total);

    private static string QuestionOf(StoredListing held) => string.Create(
        CultureInfo.InvariantCulture,
        $"The service's listing leaves out {held.Missing.Count} of {held.Missing.Total} records. Nothing is deleted until run {held.Run} is approved or rejected.");

    private static partial class Log
    {
        [LoggerMessage(EventId = 2060, Level = LogLevel.Warning, Message = "The listing of {Scope} leaves out {Missing} of {Total} records: nothing is deleted until run {Run} is approved or rejected.")]
        public static partial void Held(ILogger logger, Changes.Scope scope, long missing, long total, string run);
    }
}
