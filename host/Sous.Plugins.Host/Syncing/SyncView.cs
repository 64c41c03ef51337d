using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A sync as the API answers it.</summary>
/// <param name="Next">When it runs next by itself; absent where it does not.</param>
/// <param name="Problem">Why it does not run by itself, one sentence; absent where it does.</param>
/// <param name="LastRun">Its newest run, under way or ended.</param>
internal sealed record SyncView(
    StreamName Stream,
    string Schedule,
    string? TimeZone,
    bool Enabled,
    QuietHoursView? QuietHours,
    DateTimeOffset? Next,
    string? Problem,
    RunView? LastRun);
