using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Freshness;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A sync as the API answers it.</summary>
/// <param name="Next">When it runs next by itself; absent where it does not.</param>
/// <param name="Problem">Why it does not run by itself, one sentence; absent where it does.</param>
/// <param name="FreshWithin">How old the newest whole fetch may be, ISO 8601; absent for what the schedule comes to.</param>
/// <param name="Scopes">How fresh each of its scopes is.</param>
/// <param name="LastRun">Its newest run, under way or ended.</param>
/// <param name="Backfill">Business days that were asked for and wait to go on.</param>
/// <param name="Version">Of what can be put here, for <c>If-Match</c>.</param>
internal sealed record SyncView(
    StreamName Stream,
    string Schedule,
    string? TimeZone,
    bool Enabled,
    QuietHoursView? QuietHours,
    string? FreshWithin,
    DateTimeOffset? Next,
    string? Problem,
    IReadOnlyList<ScopeFreshness> Scopes,
    RunView? LastRun,
    BackfillView? Backfill,
    string Version) : IVersioned;
