namespace Sous.Plugins.Simulators.Square.Records;

/// <summary>The records of one location in the order of one of their times.</summary>
internal sealed class TimeIndex(TimeField field)
{
    private readonly List<StoredRecord> _records = [];

    public int Count => _records.Count;

    public StoredRecord this[int position] => _records[position];

    /// <summary>Takes many records at once; call <see cref="Sort"/> before the first search.</summary>
    public void Load(StoredRecord record)
    {
        if (field != TimeField.Closed || record.Closed > 0)
        {
            _records.Add(record);
        }
    }

    public void Sort() => _records.Sort((a, b) => Compare(a.At(field), a.Ordinal, b));

    public void Insert(StoredRecord record)
    {
        if (field != TimeField.Closed || record.Closed > 0)
        {
            _records.Insert(FirstAfter(record.At(field), record.Ordinal), record);
        }
    }

    public void Remove(StoredRecord record)
    {
        var position = FirstAfter(record.At(field), record.Ordinal - 1);
        if (position < _records.Count && ReferenceEquals(_records[position], record))
        {
            _records.RemoveAt(position);
        }
    }

    /// <summary>The first position whose (time, ordinal) is greater.</summary>
    public int FirstAfter(long time, int ordinal)
    {
        int low = 0, high = _records.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Compare(time, ordinal, _records[middle]) < 0)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private int Compare(long time, int ordinal, StoredRecord with)
    {
        var byTime = time.CompareTo(with.At(field));
        return byTime != 0 ? byTime : ordinal.CompareTo(with.Ordinal);
    }
}
