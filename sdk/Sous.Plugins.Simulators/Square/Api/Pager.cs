using System.Collections.Concurrent;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square.Records;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>Reads one page of a listing and works out its cursor, chaos included.</summary>
internal sealed class Pager(SalesBook book, ChaosGate chaos)
{
    private readonly ConcurrentDictionary<string, string> _firstCursors = new(StringComparer.Ordinal);

    /// <summary>Whether the page asked for comes empty, with a cursor that leads to the same place.</summary>
    public bool IsEmpty => chaos.Setting.EmptyPage;

    /// <param name="kind">The table.</param>
    /// <param name="key">All of the query that the cursor must stay bound to.</param>
    /// <param name="cursor">The cursor as sent, or null.</param>
    /// <param name="query">The query without its position; the cursor's end of range wins over the query's.</param>
    public (List<StoredRecord> Records, string? Cursor) Read(RecordKind kind, string key, string? cursor, PageQuery query)
    {
        var setting = chaos.Setting;
        var from = PageCursor.Decode(cursor, key);
        var asked = query with
        {
            After = from?.After,
            To = from?.To ?? query.To,
            Descending = query.Descending || setting.IgnoreSortOrder,
        };
        if (IsEmpty)
        {
            var before = asked.After ?? (asked.Descending ? new Position(asked.To, int.MaxValue) : new Position(asked.From, -1));
            return ([], Spoil(key, cursor, new PageCursor(before, asked.To).Encode(key)));
        }

        var (page, more) = book.Read(kind, table => (table.Read(asked, out var follows), follows));
        var next = more ? new PageCursor(new Position(page[^1].At(asked.Field), page[^1].Ordinal), asked.To).Encode(key) : null;
        return (page, Spoil(key, cursor, next));
    }

    /// <summary>The cursor that a listing answers with, after what chaos does to it.</summary>
    /// <param name="key">The query that it belongs to.</param>
    /// <param name="asked">The cursor as sent, or null.</param>
    /// <param name="next">The right one, or null at the end.</param>
    public string? Spoil(string key, string? asked, string? next)
    {
        var setting = chaos.Setting;
        if (setting.DropCursor)
        {
            return null;
        }

        if (setting.CursorStandsStill && !string.IsNullOrEmpty(asked))
        {
            return asked;
        }

        if (!setting.RepeatCursor || next is null)
        {
            return next;
        }

        var first = _firstCursors.GetOrAdd(key, next);
        return string.IsNullOrEmpty(asked) || asked == first ? next : first;
    }
}
