using System.Diagnostics.CodeAnalysis;

namespace Sous.Plugins.Simulators.Square.Records;

/// <summary>All records of one kind, findable by id and by each time within each location. The book's lock guards it.</summary>
internal sealed class RecordTable(int locations)
{
    private readonly Dictionary<string, StoredRecord> _byId = new(StringComparer.Ordinal);
    private readonly List<StoredRecord> _all = [];
    private readonly TimeIndex[] _indexes = [.. Enumerable.Range(0, locations * 3).Select(i => new TimeIndex((TimeField)(i % 3)))];

    public IReadOnlyList<StoredRecord> All => _all;

    public void Load(IEnumerable<StoredRecord> records)
    {
        foreach (var record in records)
        {
            record.Ordinal = _all.Count;
            _all.Add(record);
            _byId.Add(record.Id, record);
            for (var field = 0; field < 3; field++)
            {
                _indexes[(record.Location * 3) + field].Load(record);
            }
        }

        Parallel.ForEach(_indexes, index => index.Sort());
    }

    public bool TryFind(string id, [NotNullWhen(true)] out StoredRecord? record) => _byId.TryGetValue(id, out record);

    public void Put(StoredRecord record)
    {
        if (_byId.TryGetValue(record.Id, out var old))
        {
            record.Ordinal = old.Ordinal;
            _all[old.Ordinal] = record;
            ForEachIndex(old, static (index, r) => index.Remove(r));
        }
        else
        {
            record.Ordinal = _all.Count;
            _all.Add(record);
        }

        _byId[record.Id] = record;
        ForEachIndex(record, static (index, r) => index.Insert(r));
    }

    /// <summary>Merges the locations' indexes; <paramref name="more"/> tells whether a further record would follow.</summary>
    public List<StoredRecord> Read(PageQuery query, out bool more)
    {
        var heads = query.Locations.Select(location => Head.At(_indexes[(location * 3) + (int)query.Field], query)).ToArray();
        var page = new List<StoredRecord>(query.Limit);
        while (true)
        {
            var next = Next(heads, query);
            if (next < 0)
            {
                more = false;
                return page;
            }

            var record = heads[next].Record;
            if (query.Takes(record))
            {
                if (page.Count == query.Limit)
                {
                    more = true;
                    return page;
                }

                page.Add(record);
            }

            heads[next].Advance();
        }
    }

    private static int Next(Head[] heads, PageQuery query)
    {
        var best = -1;
        for (var i = 0; i < heads.Length; i++)
        {
            if (!heads[i].Done && (best < 0 || heads[i].ComesBefore(heads[best], query)))
            {
                best = i;
            }
        }

        return best;
    }

    private void ForEachIndex(StoredRecord record, Action<TimeIndex, StoredRecord> act)
    {
        for (var field = 0; field < 3; field++)
        {
            act(_indexes[(record.Location * 3) + field], record);
        }
    }

    private struct Head
    {
        private readonly TimeIndex _index;
        private readonly int _step;
        private readonly int _end;
        private int _position;

        private Head(TimeIndex index, int start, int end, int step)
        {
            _index = index;
            _position = start;
            _end = end;
            _step = step;
        }

        public readonly bool Done => _step > 0 ? _position >= _end : _position < _end;

        public readonly StoredRecord Record => _index[_position];

        public static Head At(TimeIndex index, PageQuery query)
        {
            var first = index.FirstAfter(query.From, -1);
            var afterLast = index.FirstAfter(query.To, int.MaxValue);
            if (query.Descending)
            {
                var start = query.After is { } p ? index.FirstAfter(p.Time, p.Ordinal - 1) - 1 : afterLast - 1;
                return new Head(index, Math.Min(start, afterLast - 1), first, -1);
            }

            var from = query.After is { } after ? index.FirstAfter(after.Time, after.Ordinal) : first;
            return new Head(index, Math.Max(from, first), afterLast, 1);
        }

        public void Advance() => _position += _step;

        public readonly bool ComesBefore(Head other, PageQuery query)
        {
            long mine = Record.At(query.Field), its = other.Record.At(query.Field);
            var order = mine == its ? Record.Ordinal.CompareTo(other.Record.Ordinal) : mine.CompareTo(its);
            return query.Descending ? order > 0 : order < 0;
        }
    }
}
