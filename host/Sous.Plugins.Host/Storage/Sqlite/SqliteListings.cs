using System.Runtime.InteropServices;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Complete listings in the change store's file, written by its one writer in the same groups.</summary>
internal sealed class SqliteListings(
    GroupCommitter writer, ReaderPool readers, Session session, PageWriter pages, RunTable runs, ListingTable listings, Numbers numbers) : IListings
{
    private const int Batch = 500;

    public ValueTask<IReadOnlyList<StoredListing>> ListAsync(Scope scope, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<StoredListing>>(
        reader => IsKnown(scope, out var key) ? ListingTable.List(reader, key.Connection, key.Stream, key.Place) : [], cancellationToken);

    public ValueTask<IReadOnlyList<StoredListing>> ListHeldAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<StoredListing>>(
        reader => IsKnown(new Scope(connection, stream, null), out var key) ? ListingTable.ListHeld(reader, key.Connection, key.Stream) : [], cancellationToken);

    public ValueTask<Missing> CompareAsync(Scope scope, long listing, CancellationToken cancellationToken) => readers.ReadAsync(
        reader => IsKnown(scope, out var key)
            ? ListedMarks.Read(reader, key.Connection, key.Stream, key.Place, listing).Count(reader, key.Connection, key.Stream)
            : default,
        cancellationToken);

    public async Task DeleteMissingAsync(ListingWork work, long listing, DateTimeOffset at, Action<int> advanced, CancellationToken cancellationToken)
    {
        if (!IsKnown(work.Scope, out var key))
        {
            return;
        }

        var marks = await readers.ReadAsync(reader => ListedMarks.Read(reader, key.Connection, key.Stream, key.Place, listing), cancellationToken);
        for (var (after, more) = ("", true); more;)
        {
            var ids = await readers.ReadAsync(reader => marks.Next(reader, key.Connection, key.Stream, after, Batch), cancellationToken);
            if (ids.Count > 0)
            {
                advanced(await writer.RunAsync(() => pages.Delete(work, ids, at.ToUnixTimeMilliseconds()), cancellationToken));
                after = ids[^1];
            }

            more = ids.Count == Batch;
        }
    }

    public Task FinishAsync(ListingWork work, long listing, CancellationToken cancellationToken) => ChangeAsync(
        work,
        listing,
        (settled, earlier, place) =>
        {
            earlier.ForEach(old => listings.Delete(old.No));
            if (place == 0)
            {
                listings.Delete(settled.No);
            }
            else
            {
                listings.Put(settled with { State = ListingState.Kept, Missing = default });
            }
        },
        cancellationToken);

    public Task HoldAsync(ListingWork work, long listing, Missing missing, CancellationToken cancellationToken) => ChangeAsync(
        work,
        listing,
        (held, earlier, _) =>
        {
            earlier.FindAll(static old => old.State != ListingState.Kept).ForEach(old => listings.Delete(old.No));
            listings.Put(held with { State = ListingState.Held, Run = work.Run, Missing = missing });
        },
        cancellationToken);

    public Task PassOverAsync(ListingWork work, long listing, CancellationToken cancellationToken) => ChangeAsync(
        work,
        listing,
        (passed, earlier, place) =>
        {
            earlier.FindAll(static old => old.State != ListingState.Kept).ForEach(old => listings.Delete(old.No));
            if (earlier.Find(static old => old.State == ListingState.Kept) is { } kept)
            {
                Absorb(kept, passed, place);
            }
        },
        cancellationToken);

    public Task<int> DecideAsync(string run, bool approve, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var held = ListingTable.ListHeld(session, run).ToList();
            foreach (var listing in held)
            {
                if (approve)
                {
                    listings.Put(listing with { State = ListingState.Approved });
                }
                else
                {
                    Reject(listing);
                }
            }

            if (held.Count > 0)
            {
                runs.Note(run, approve ? "It was approved." : "It was rejected.");
            }

            return held.Count;
        },
        cancellationToken);

    private void Reject(StoredListing rejected)
    {
        var scope = session.Prepare("SELECT connection, stream, place FROM listings WHERE no = ?1").Bind(1, rejected.No);
        scope.Step();
        var (connection, stream, place) = (scope.Int64(0), scope.Int64(1), scope.Int64(2));
        scope.Reset();
        var kept = ListingTable.List(session, connection, stream, place).Find(static known => known.State == ListingState.Kept);
        if (kept is not null)
        {
            listings.Put(kept with { Missing = rejected.Missing });
            Absorb(kept, rejected, place);
            return;
        }

        listings.Put(rejected with { State = ListingState.Kept });
        listings.DeleteMarks(rejected.No);
    }

    // What was left out stays the location's, and what is new has joined it.
    private void Absorb(StoredListing kept, StoredListing listing, long place)
    {
        if (place != 0)
        {
            var known = ListedMarks.MarksOf(session, kept.No);
            ulong[] joined = [.. ListedMarks.MarksOf(session, listing.No).Where(mark => Array.BinarySearch(known, mark) < 0)];
            listings.PutMarks(kept.No, MemoryMarshal.AsBytes(joined.AsSpan()));
        }

        listings.Delete(listing.No);
    }

    /// <param name="change">Told the listing, those of its scope before it, and its place.</param>
    private Task ChangeAsync(ListingWork work, long listing, Action<StoredListing, List<StoredListing>, long> change, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var (connection, stream) = pages.Admit(work.Tenant, work.Scope, work.Fence);
            var place = numbers.Find(work.Scope.Location);
            var stored = ListingTable.List(session, connection.No, stream, place);
            if (stored.Find(known => known.No == listing) is { } found)
            {
                change(found, stored.FindAll(known => known.No < listing), place);
            }
        },
        cancellationToken);

    private bool IsKnown(Scope scope, out (long Connection, long Stream, long Place) key)
    {
        key = (numbers.Find(scope.Connection)?.No ?? 0, numbers.Find(scope.Stream.Value), numbers.Find(scope.Location));
        return key is { Connection: not 0, Stream: not 0 } && (scope.Location is null || key.Place != 0);
    }
}
