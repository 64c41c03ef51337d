namespace Sous.Plugins.Host.Changes;

/// <summary>The reader's position is not in this feed any more: it must start over from 0.</summary>
internal sealed class FeedResetException(string feed, long oldest)
    : Exception($"The change feed now begins after sequence {oldest}: read it again from 0.")
{
    public string Feed { get; } = feed;

    public long Oldest { get; } = oldest;
}
