using Sous.Plugins.Host.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>What one change does to its record, the feed and the days. Writer only.</summary>
internal sealed class RecordWriter(RecordTable records, FeedWriter entries, HeldTable held, ClosingMarks closings, Numbers numbers, RawGate gate)
{
    public RecordEffect Write(TenantFeed feed, StoredConnection connection, long stream, in RecordChange change, long at)
    {
        var stored = records.Find(connection.No, stream, change.Id, change.Hash.Span, out var same);
        if (change.Kind == ChangeKind.Delete)
        {
            return stored is { State: not RecordState.Deleted } present ? Delete(feed, present, at) : RecordEffect.Unchanged;
        }

        var place = numbers.NumberOf(change.Location);
        var location = place == 0 ? 0 : connection.Mappings.GetValueOrDefault(place);
        var state = place != 0 && location == 0 ? RecordState.Held : RecordState.Live;
        if (same && stored is { } known && known.State == state && known.Location == location)
        {
            return RecordEffect.Unchanged;
        }

        var row = stored ?? new RecordRow { Connection = connection.No, Stream = stream, Id = change.Id };
        Retract(feed, ref row, location, state, at);
        if (stored is not null)
        {
            closings.MarkOthers(row);
        }

        var moved = stored is null || row.Place != place || row.Day != DayOf(change.BusinessDate);
        if (moved)
        {
            // The day that it leaves loses something.
            closings.Mark(row, row.Day);
        }

        row.Type = numbers.NumberOf(change.Type);
        row.Place = place;
        row.Location = location;
        row.Day = DayOf(change.BusinessDate);
        Place(feed, ref row, state, at, change.Body.Span, change.Raw.Span);
        if (stored is null)
        {
            records.Insert(row, change.Hash.Span);
        }
        else
        {
            records.Update(row, change.Hash.Span);
        }

        Touch(row, moved, change.OtherDates);
        return (stored is null or { State: RecordState.Deleted } ? RecordEffect.Inserted : RecordEffect.Updated)
            | (state == RecordState.Held ? RecordEffect.Held : 0);
    }

    /// <summary>Moves a record to where its place is mapped now, its body unchanged.</summary>
    /// <param name="location">The own location, or 0 to hold it.</param>
    public void Move(TenantFeed feed, RecordRow row, long location, long at, ReadOnlySpan<byte> body, ReadOnlySpan<byte> raw)
    {
        var state = location == 0 ? RecordState.Held : RecordState.Live;
        Retract(feed, ref row, location, state, at);
        row.Location = location;
        Place(feed, ref row, state, at, body, raw);
        records.Move(row);
    }

    /// <summary>Deletes a record that is live or held.</summary>
    /// <param name="isErased">Whether the days on which it had money go with it.</param>
    public RecordEffect Delete(TenantFeed feed, RecordRow row, long at, bool isErased = false)
    {
        Retract(feed, ref row, 0, RecordState.Deleted, at);
        held.Remove(ref row);
        if (!isErased)
        {
            closings.MarkOthers(row);
        }

        closings.Mark(row, row.Day);
        row.State = RecordState.Deleted;
        row.Location = 0;
        if (row.Sequence == 0)
        {
            records.Delete(row);
        }
        else
        {
            records.Update(row, default);
        }

        return RecordEffect.Deleted;
    }

    private static long DayOf(DateOnly? date) => date?.DayNumber ?? 0;

    // A reader of one location must see that a record left it.
    private void Retract(TenantFeed feed, ref RecordRow row, long location, RecordState state, long at)
    {
        if (row is { State: RecordState.Live, Sequence: not 0 } && (state != RecordState.Live || row.Location != location))
        {
            entries.Append(feed, ref row, ChangeKind.Delete, at, default, default);
        }
    }

    private void Place(TenantFeed feed, ref RecordRow row, RecordState state, long at, ReadOnlySpan<byte> body, ReadOnlySpan<byte> raw)
    {
        row.State = state;
        raw = gate.Pass(feed.Id, row, raw);
        if (state == RecordState.Held)
        {
            held.Put(ref row, at, body, raw);
            return;
        }

        held.Remove(ref row);
        entries.Append(feed, ref row, ChangeKind.Upsert, at, body, raw);
    }

    private void Touch(in RecordRow row, bool moved, IReadOnlyList<DateOnly>? others)
    {
        closings.Mark(row, row.Day);
        if (moved)
        {
            records.Touch(row, row.Day);
        }

        foreach (var other in others ?? [])
        {
            records.Touch(row, other.DayNumber);
            closings.Mark(row, other.DayNumber);
        }
    }
}
