namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Some Raws that were read, and what those become that are to be rewritten.</summary>
/// <param name="isHeld">Rows of <c>held</c>, else of <c>raws</c>.</param>
/// <param name="from">Where they begin.</param>
internal sealed class RawBatch(bool isHeld, RawBatch.Cursor from)
{
    public bool IsHeld { get; } = isHeld;

    /// <summary>How many were read.</summary>
    public int Count { get; private set; }

    /// <summary>The last one read.</summary>
    public Cursor Last { get; private set; } = from;

    public List<(long Row, byte[] Before, byte[] After)> Rewritten { get; } = [];

    public void Add(Cursor read)
    {
        Last = read;
        Count++;
    }

    /// <summary>A row's number, and of a held one the record that it belongs to.</summary>
    internal readonly record struct Cursor(long Row, long Stream, string Id)
    {
        public static readonly Cursor Start = new(0, 0, "");
    }
}
