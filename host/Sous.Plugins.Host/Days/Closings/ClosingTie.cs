using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>Adds a day up, lays it beside the service's totals, and keeps what came of it with what is to be told.</summary>
internal sealed partial class ClosingTie(
    IClosings closings, DayBook book, ConnectionHealth health, IOptions<DaysOptions> options, IOptions<SyncingOptions> syncing, TimeProvider clock, ILogger<ClosingTie> logger)
{
    private const string Part = "days";

    /// <summary>Records of a closed day changed: where a figure did too, the day is restated.</summary>
    public async Task RestateAsync(Connection connection, MappedLocation place, Closing closing, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (_, sums) = await ReadAsync(connection, place, closing.Key.Day, cancellationToken);
        var restated = ClosingVerdict.Restate(closing, sums, closing.Changes, now);
        await closings.KeepAsync(restated, ClosingEvents.Between(connection, place, closing, restated, now), cancellationToken);
    }

    /// <returns>False where the service could not be asked: it is then left alone for a while, and nothing is said of the day.</returns>
    public async Task<bool> RunAsync(
        Connection connection, MappedLocation place, Closing closing, IBusinessDayTotals totals, ClosingProgress progress, CancellationToken cancellationToken)
    {
        // Ours before theirs, and the count of changes before both: what changes meanwhile makes the day stale, and it is looked at again.
        var (figures, sums) = await ReadAsync(connection, place, closing.Key.Day, cancellationToken);
        var now = clock.GetUtcNow();
        DayTotals theirs;
        try
        {
            theirs = await DriverCall.RunAsync(token => totals.ReadDayTotalsAsync(place.Effective, closing.Key.Day, token), syncing.Value.PageTimeout, clock, cancellationToken);
        }
        catch (DriverException e)
        {
            return await FailAsync(connection, closing, progress, RunEnd.After(e), cancellationToken);
        }
        catch (DriverDefectException e)
        {
            Log.Defect(logger, connection.Id, e.Trace);
            return await FailAsync(connection, closing, progress, RunEnd.AfterDefect(e.Defect), cancellationToken);
        }

        await health.TakeAsync(connection.Id, Part, RunEnd.Completed, cancellationToken);
        progress.Succeed(closing.Key);
        if (!theirs.Complete)
        {
            progress.PutBehind(closing.Key, now);
            return true;
        }

        var after = ClosingVerdict.Take(closing, sums, TieOut.Compare(figures, theirs) with { At = now }, now, options.Value);
        await closings.KeepAsync(after, ClosingEvents.Between(connection, place, closing, after, now), cancellationToken);
        Tell(connection, closing, after);
        return true;
    }

    private async Task<bool> FailAsync(Connection connection, Closing closing, ClosingProgress progress, RunEnd end, CancellationToken cancellationToken)
    {
        Log.Unanswered(logger, closing.Key.Day, closing.Key.Location, connection.Id, end.Reason);
        await health.TakeAsync(connection.Id, Part, end, cancellationToken);
        progress.Fail(closing.Key, clock.GetUtcNow(), end.RetryAfter);
        return false;
    }

    private async Task<(DayFigures Figures, DaySums Sums)> ReadAsync(Connection connection, MappedLocation place, DateOnly day, CancellationToken cancellationToken)
    {
        var id = place.Location.Ref.Id;
        var days = await book.ReadAsync(new SalesQuery(connection.Tenant, connection.Id, id, day, day, null), cancellationToken);
        var figures = days.FirstOrDefault(figures => figures.Net.Currency == place.Location.Currency) ?? DayFigures.Empty(connection.Id, id, day, place.Location.Currency);
        return (figures, DaySums.Of(figures));
    }

    private void Tell(Connection connection, Closing before, Closing after)
    {
        if (after.State.GivenUp && !before.State.GivenUp)
        {
            Log.NotTied(logger, after.Key.Day, after.Key.Location, connection.Id, after.State.Attempts);
        }
        else if (before.State.ClosedAt is null)
        {
            Log.Closed(logger, after.Key.Day, after.Key.Location, connection.Id, after.State.TieOut?.Ties == true);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2310, Level = LogLevel.Information, Message = "The business day {Day} of {Location}, {Connection}, is closed; it ties out: {Ties}.")]
        public static partial void Closed(ILogger logger, DateOnly day, string location, ConnectionId connection, bool ties);

        [LoggerMessage(EventId = 2311, Level = LogLevel.Warning, Message = "The business day {Day} of {Location}, {Connection}, does not tie out after {Attempts} further syncs: an operator must look.")]
        public static partial void NotTied(ILogger logger, DateOnly day, string location, ConnectionId connection, int attempts);

        [LoggerMessage(EventId = 2312, Level = LogLevel.Debug, Message = "The totals of {Day} of {Location}, {Connection}, could not be read: {Reason}")]
        public static partial void Unanswered(ILogger logger, DateOnly day, string location, ConnectionId connection, string? reason);

        [LoggerMessage(EventId = 2313, Level = LogLevel.Error, Message = "The driver of {Connection} has a defect, met when a day's totals were read: {Trace}")]
        public static partial void Defect(ILogger logger, ConnectionId connection, string trace);
    }
}
