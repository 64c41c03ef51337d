namespace Sous.Plugins.Host.Syncing.Backfills;

/// <summary>Business days that somebody asked for and that are not all fetched yet. A sync has one at most: another takes its place.</summary>
/// <param name="From">First business day.</param>
/// <param name="To">Inclusive.</param>
/// <param name="OnlyInQuietHours">Whether it is at work only in the sync's quiet hours, where it has any.</param>
internal sealed record Backfill(SyncKey Sync, DateOnly From, DateOnly To, bool OnlyInQuietHours);
