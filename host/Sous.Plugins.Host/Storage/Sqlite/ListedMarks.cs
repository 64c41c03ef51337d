using System.Runtime.InteropServices;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing.Listings;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// Which of a scope's records a listing leaves out. A stream of the whole connection has all of its records listed; one by
/// location has those that the location's listing before named, unless another location names them too.
/// </summary>
internal sealed class ListedMarks
{
    private readonly ulong[] _named;
    private readonly HashSet<ulong>? _gone;
    private readonly long _before;

    private ListedMarks(ulong[] named, HashSet<ulong>? gone, long before) => (_named, _gone, _before) = (named, gone, before);

    public static ListedMarks Read(Session reader, long connection, long stream, long place, long listing)
    {
        var named = MarksOf(reader, listing);
        if (place == 0)
        {
            return new ListedMarks(named, null, 0);
        }

        var kept = ListingTable.List(reader, connection, stream, place).Find(static known => known.State == ListingState.Kept);
        var before = kept is null ? [] : MarksOf(reader, kept.No);
        var gone = new HashSet<ulong>(before.Where(mark => Array.BinarySearch(named, mark) < 0));
        if (gone.Count > 0)
        {
            Spare(reader, gone, connection, stream, place);
        }

        return new ListedMarks(named, gone, before.Length);
    }

    /// <summary>All marks of a listing, sorted, each once.</summary>
    public static ulong[] MarksOf(Session reader, long listing)
    {
        var marks = new List<ulong>();
        var rows = reader.Prepare("SELECT marks FROM listed WHERE listing = ?1 ORDER BY no").Bind(1, listing);
        while (rows.Step())
        {
            marks.AddRange(MemoryMarshal.Cast<byte, ulong>(rows.Bytes(0)));
        }

        marks.Sort();
        return [.. marks.Where((mark, index) => index == 0 || marks[index - 1] != mark)];
    }

    /// <summary>What the scope has that the listing leaves out.</summary>
    public Missing Count(Session reader, long connection, long stream)
    {
        long count = 0, all = 0, print = 0;
        if (_gone is not { Count: 0 })
        {
            var rows = Rows(reader, connection, stream, "");
            while (rows.Step())
            {
                all++;
                var mark = IdMark.Of(rows.Text(0));
                if (IsMissing(mark))
                {
                    count++;
                    print = unchecked(print + (long)mark);
                }
            }
        }

        return new Missing(count, _gone is null ? all : _before, count == 0 ? 0 : print == 0 ? 1 : print);
    }

    /// <returns>The next records that the listing leaves out, by their ids; fewer than asked for at the end.</returns>
    public List<string> Next(Session reader, long connection, long stream, string after, int limit)
    {
        var ids = new List<string>(limit);
        if (_gone is { Count: 0 })
        {
            return ids;
        }

        var rows = Rows(reader, connection, stream, after);
        while (ids.Count < limit && rows.Step())
        {
            var id = rows.Text(0);
            if (IsMissing(IdMark.Of(id)))
            {
                ids.Add(id);
            }
        }

        rows.Reset();
        return ids;
    }

    private bool IsMissing(ulong mark) => _gone?.Contains(mark) ?? (Array.BinarySearch(_named, mark) < 0);

    private static Statement Rows(Session reader, long connection, long stream, string after) => reader.Prepare(
        "SELECT id FROM records WHERE connection = ?1 AND stream = ?2 AND id > ?3 AND state <> ?4 ORDER BY id")
        .Bind(1, connection).Bind(2, stream).Bind(3, after).Bind(4, (long)RecordState.Deleted);

    // A menu may be shared: what another restaurant still lists is not gone.
    private static void Spare(Session reader, HashSet<ulong> gone, long connection, long stream, long place)
    {
        var rows = reader.Prepare("SELECT marks FROM listings l JOIN listed d ON d.listing = l.no WHERE l.connection = ?1 AND l.stream = ?2 AND l.place <> ?3")
            .Bind(1, connection).Bind(2, stream).Bind(3, place);
        while (gone.Count > 0 && rows.Step())
        {
            foreach (var mark in MemoryMarshal.Cast<byte, ulong>(rows.Bytes(0)))
            {
                gone.Remove(mark);
            }
        }

        rows.Reset();
    }
}
