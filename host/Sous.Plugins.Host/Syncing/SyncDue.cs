namespace Sous.Plugins.Host.Syncing;

/// <summary>One entry of the scheduler's timetable: a sync by its schedule in one time zone, or, without a zone, its next try.</summary>
internal readonly record struct SyncDue(SyncKey Sync, string? Zone);
