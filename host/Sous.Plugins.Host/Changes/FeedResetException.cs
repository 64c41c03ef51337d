namespace Sous.Plugins.Host.Changes;

/// <summary>The reader's position is not in this feed any more: it must forget what it has of it and start over from 0.</summary>
internal sealed class FeedResetException(string feed, long oldest)
    : Exception($"This position is not in the change feed any more, which is whole from sequence {oldest} on: read it again from 0, and drop what does not come again.")
{
    public string Feed { get; } = feed;

    public long Oldest { get; } = oldest;
}
