using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>What a transaction does to records of one connection, the feed and the days: decided here, record by record, and written by <see cref="RecordStatements"/>.</summary>
/// <param name="gate">What becomes of the Raws that are written, or null where nothing does.</param>
internal sealed class RecordChanges(TenantId tenant, ConnectionId connection, DateTimeOffset at, RawRewrite? gate)
{
    private readonly List<FeedRow> _entries = [];
    private readonly List<RecordRow> _put = [];
    private readonly List<RecordRow> _removed = [];
    private readonly List<HeldRow> _held = [];
    private readonly List<RecordRow> _released = [];
    private readonly HashSet<DayRow> _days = [];
    private readonly HashSet<DayRow> _changed = [];
    private readonly Dictionary<(string Place, int Day), int> _marks = [];

    public TenantId Tenant => tenant;

    public ConnectionId Connection => connection;

    public DateTimeOffset At => at;

    /// <summary>In the order of their sequences.</summary>
    public IReadOnlyList<FeedRow> Entries => _entries;

    /// <summary>Records as they are to be.</summary>
    public IReadOnlyList<RecordRow> Put => _put;

    /// <summary>Records that are to leave no row.</summary>
    public IReadOnlyList<RecordRow> Removed => _removed;

    public IReadOnlyList<HeldRow> Held => _held;

    /// <summary>Records that are held no more.</summary>
    public IReadOnlyList<RecordRow> Released => _released;

    public IReadOnlySet<DayRow> Days => _days;

    /// <summary>Records that were there before, on the day on which they stood: other days may hold less of them now.</summary>
    public IReadOnlySet<DayRow> Changed => _changed;

    /// <summary>How many changes each place and day has.</summary>
    public IReadOnlyDictionary<(string Place, int Day), int> Marks => _marks;

    /// <param name="mappings">Own location by place.</param>
    public RecordEffect Write(RecordRow? stored, string stream, in RecordChange change, IReadOnlyDictionary<string, string> mappings)
    {
        if (change.Kind == ChangeKind.Delete)
        {
            return stored is { State: not RecordState.Deleted } ? Delete(stored) : RecordEffect.Unchanged;
        }

        var place = change.Location ?? "";
        var location = place.Length == 0 ? "" : mappings.GetValueOrDefault(place, "");
        var state = place.Length != 0 && location.Length == 0 ? RecordState.Held : RecordState.Live;
        if (stored is not null && stored.State == state && stored.Location == location && stored.Hash.Span.SequenceEqual(change.Hash.Span))
        {
            return RecordEffect.Unchanged;
        }

        var effect = stored is null or { State: RecordState.Deleted } ? RecordEffect.Inserted : RecordEffect.Updated;
        var row = stored ?? new RecordRow { Stream = stream, Id = change.Id };
        Retract(row, location, state);
        var day = change.BusinessDate?.DayNumber ?? 0;
        if (stored is not null)
        {
            MarkOthers(row);
        }

        var moved = stored is null || row.Place != place || row.Day != day;
        if (moved)
        {
            // The day that it leaves loses something.
            Mark(row, row.Day);
        }

        (row.Type, row.Place, row.Location, row.Day, row.Hash) = (change.Type, place, location, day, change.Hash);
        Store(row, state, change.Body, change.Raw);
        Touch(row, moved, change.OtherDates);
        return effect | (state == RecordState.Held ? RecordEffect.Held : 0);
    }

    /// <summary>Moves a record to where its place is mapped now, its body unchanged.</summary>
    /// <param name="location">The own location, or empty to hold it.</param>
    public void Move(RecordRow row, string location, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> raw)
    {
        var state = location.Length == 0 ? RecordState.Held : RecordState.Live;
        Retract(row, location, state);
        row.Location = location;
        Store(row, state, body, raw);
    }

    /// <summary>Deletes a record that is live or held.</summary>
    /// <param name="isErased">Whether the days on which it had money go with it.</param>
    public RecordEffect Delete(RecordRow row, bool isErased = false)
    {
        Retract(row, "", RecordState.Deleted);
        Release(row);
        if (!isErased)
        {
            MarkOthers(row);
        }

        Mark(row, row.Day);
        (row.State, row.Location, row.Hash) = (RecordState.Deleted, "", default);
        (row.Sequence == 0 ? _removed : _put).Add(row);
        return RecordEffect.Deleted;
    }

    // A reader of one location must see that a record left it.
    private void Retract(RecordRow row, string location, RecordState state)
    {
        if (row is { State: RecordState.Live, Sequence: not 0 } && (state != RecordState.Live || row.Location != location))
        {
            Append(row, ChangeKind.Delete, default, default);
        }
    }

    private void Store(RecordRow row, RecordState state, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> raw)
    {
        if (gate is not null && !raw.IsEmpty && gate(tenant, connection, new StreamName(row.Stream), row.Id, raw.Span) is { } anew)
        {
            raw = anew;
        }

        if (state == RecordState.Held)
        {
            _held.Add(new HeldRow(row, body, raw));
        }
        else
        {
            Release(row);
            Append(row, ChangeKind.Upsert, body, raw);
        }

        row.State = state;
        _put.Add(row);
    }

    private void Release(RecordRow row)
    {
        if (row.State == RecordState.Held)
        {
            _released.Add(row);
        }
    }

    private void Append(RecordRow row, ChangeKind kind, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> raw)
    {
        row.Version++;
        _entries.Add(new FeedRow(row.Sequence, row.Stream, row.Type, kind, row.Location, row.Place, row.Day, row.Version, row.Id, body, raw));
        row.Sequence = -_entries.Count;
    }

    private void Touch(RecordRow row, bool moved, IReadOnlyList<DateOnly>? others)
    {
        Mark(row, row.Day);
        if (moved && row.Place.Length != 0)
        {
            _days.Add(new DayRow(row.Place, row.Day, row.Stream, row.Id));
        }

        foreach (var other in others ?? [])
        {
            Mark(row, other.DayNumber);
            if (row.Place.Length != 0)
            {
                _days.Add(new DayRow(row.Place, other.DayNumber, row.Stream, row.Id));
            }
        }
    }

    private void Mark(RecordRow row, int day)
    {
        if (day != 0 && row.Place.Length != 0)
        {
            _marks[(row.Place, day)] = _marks.GetValueOrDefault((row.Place, day)) + 1;
        }
    }

    private void MarkOthers(RecordRow row)
    {
        if (row.Day != 0 && row.Place.Length != 0)
        {
            _changed.Add(new DayRow(row.Place, row.Day, row.Stream, row.Id));
        }
    }

    /// <param name="Previous">As <see cref="RecordRow.Sequence"/>.</param>
    internal readonly record struct FeedRow(
        long Previous, string Stream, string Type, ChangeKind Kind, string Location, string Place, int Day, long Version, string Id, ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Raw);

    internal readonly record struct HeldRow(RecordRow Record, ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Raw);

    internal readonly record struct DayRow(string Place, int Day, string Stream, string Id);
}
