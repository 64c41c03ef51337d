using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// What complete listings named: a row of marks for each page, beside the page. Written by the writer only, inside the
/// transaction under way; read with any session.
/// </summary>
internal sealed class ListingTable(Session session)
{
    private const string OfScope = "SELECT no, state, run, missing, total, print FROM listings WHERE connection = ?1 AND stream = ?2 AND place = ?3 ORDER BY no";

    private readonly Statement _begin = session.Prepare("""
        INSERT INTO listings(connection, stream, place, state, run, missing, total, print) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0)
        """);

    private readonly Statement _put = session.Prepare("INSERT INTO listed(listing, marks) VALUES (?1, ?2)");

    private readonly Statement _state = session.Prepare("UPDATE listings SET state = ?2, run = ?3, missing = ?4, total = ?5, print = ?6 WHERE no = ?1");

    private readonly Statement _delete = session.Prepare("DELETE FROM listings WHERE no = ?1");

    private readonly Statement _deleteMarks = session.Prepare("DELETE FROM listed WHERE listing = ?1");

    public static List<StoredListing> List(Session reader, long connection, long stream, long place)
        => Read(reader.Prepare(OfScope).Bind(1, connection).Bind(2, stream).Bind(3, place));

    public static List<StoredListing> ListHeld(Session reader, long connection, long stream) => Read(reader.Prepare(
        "SELECT no, state, run, missing, total, print FROM listings WHERE connection = ?1 AND stream = ?2 AND state = 2 ORDER BY no").Bind(1, connection).Bind(2, stream));

    public static IEnumerable<StoredListing> ListHeld(Session reader, string run)
        => Read(reader.Prepare("SELECT no, state, run, missing, total, print FROM listings WHERE run = ?1 AND state = 2 ORDER BY no").Bind(1, run));

    /// <summary>Notes what a page names: in the listing that it is part of, and in those that are not settled yet, which must not delete it.</summary>
    public void Take(PageCommit page, long connection, long stream, long place)
    {
        var listing = page.Next is null ? Listing.None : page.Listing;
        var stored = List(session, connection, stream, place);
        if (stored.Count == 0 && listing == Listing.None)
        {
            return;
        }

        var underWay = stored.Find(static known => known.State is ListingState.UnderWay or ListingState.Cut);
        // A driver in the midst of a listing says so of its next page.
        if (underWay is not null && (page.BeginsAnew || (underWay.State == ListingState.Cut && listing == Listing.None && page.Next is not null)))
        {
            Delete(underWay.No);
            stored.Remove(underWay);
            underWay = null;
        }

        if (listing != Listing.None && underWay is null)
        {
            stored.Add(underWay = Begin(connection, stream, place, ListingState.UnderWay, page.Run));
        }

        Note(page, stored, isListing: listing != Listing.None, isPlace: place != 0);
        if (listing != Listing.End || underWay is null)
        {
            return;
        }

        if (underWay.State == ListingState.Cut)
        {
            Delete(underWay.No);
            return;
        }

        Put(underWay with { State = ListingState.Complete, Run = page.Run });
    }

    /// <summary>The scope's position was changed by hand.</summary>
    public void Cut(long connection, long stream, long place)
    {
        foreach (var cut in List(session, connection, stream, place).Where(static known => known.State is ListingState.UnderWay or ListingState.Cut))
        {
            Delete(cut.No);
        }

        Begin(connection, stream, place, ListingState.Cut, run: "");
    }

    public void Put(StoredListing listing) => _state.Bind(1, listing.No).Bind(2, (long)listing.State).Bind(3, listing.Run)
        .Bind(4, listing.Missing.Count).Bind(5, listing.Missing.Total).Bind(6, listing.Missing.Print)
        .Run();

    public void Delete(long listing)
    {
        _deleteMarks.Bind(1, listing).Run();
        _delete.Bind(1, listing).Run();
    }

    public void DeleteMarks(long listing) => _deleteMarks.Bind(1, listing).Run();

    public void PutMarks(long listing, ReadOnlySpan<byte> marks)
    {
        if (!marks.IsEmpty)
        {
            _put.Bind(1, listing).Bind(2, marks).Run();
        }
    }

    private StoredListing Begin(long connection, long stream, long place, ListingState state, string run)
    {
        _begin.Bind(1, connection).Bind(2, stream).Bind(3, place).Bind(4, (long)state).Bind(5, run).Run();
        return new StoredListing(session.LastRowId, state, run, default);
    }

    private void Note(PageCommit page, List<StoredListing> stored, bool isListing, bool isPlace)
    {
        var marks = isListing ? page.Marks.Span : IdMark.OfUpserts(page.Changes);
        foreach (var listing in stored)
        {
            // One that is kept is replaced by the listing under way; without a location it has no marks at all. One that is cut needs none.
            if (listing.State is not (ListingState.Kept or ListingState.Cut) || (listing.State == ListingState.Kept && isPlace && !isListing))
            {
                PutMarks(listing.No, marks);
            }
        }
    }

    private static List<StoredListing> Read(Statement rows)
    {
        var listings = new List<StoredListing>();
        while (rows.Step())
        {
            listings.Add(new StoredListing(
                rows.Int64(0), (ListingState)rows.Int64(1), rows.Text(2), new Missing(rows.Int64(3), rows.Int64(4), rows.Int64(5))));
        }

        return listings;
    }
}
