namespace Sous.Plugins.Host.Syncing.Backfills;

/// <summary>A backfill that waits to go on, as the API answers it.</summary>
/// <param name="Next">When it goes on; absent while that is being looked at.</param>
internal sealed record BackfillView(DateOnly From, DateOnly To, bool OnlyInQuietHours, DateTimeOffset? Next);
