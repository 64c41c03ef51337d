namespace Sous.Plugins.Host.Syncing;

/// <summary>One entry of the scheduler's timetable: a sync by its schedule in one of its time zones, or its next try.</summary>
/// <param name="Zone">The zone's place in <see cref="SyncStanding.Zones"/>, or <see cref="Retry"/>.</param>
internal readonly record struct SyncDue(SyncStanding Standing, int Zone)
{
    public const int Retry = -1;
}
