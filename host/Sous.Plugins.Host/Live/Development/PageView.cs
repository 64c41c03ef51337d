using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Live.Development;

/// <summary>What the serving build makes of a recorded page, beside what the one before made of it.</summary>
/// <param name="RecordedAt">When the service was asked.</param>
/// <param name="Generation">The build that serves.</param>
/// <param name="ComparedWith">The generation compared with; null where the page was recorded just now, and there is nothing to compare.</param>
/// <param name="Records">How many there are now.</param>
internal sealed record PageView(ConnectionId Connection, StreamName Stream, string? Location, DateTimeOffset RecordedAt, int Generation, int? ComparedWith, int Records)
{
    /// <summary>Why the service was asked again although a page was recorded, or null.</summary>
    public string? RecordedAnew { get; init; }

    /// <summary>Null where there is nothing to compare.</summary>
    public PageDiff? Diff { get; init; }
}
