namespace Sous.Plugins.Host.Changes;

/// <summary>The changes of a page as they are stored. Their bodies share one lent buffer: dispose of it after the commit, and use none of them afterwards.</summary>
internal sealed class EncodedPage(IReadOnlyList<RecordChange> changes, PageBuffer buffer) : IDisposable
{
    public IReadOnlyList<RecordChange> Changes { get; } = changes;

    public void Dispose() => buffer.Dispose();
}
