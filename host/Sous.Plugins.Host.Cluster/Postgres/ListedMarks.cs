using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// What complete listings name: a row of marks for each page, in the transaction of the page that names it. Whoever reads a
/// scope's listings to change them holds the fence of its sync, so that they are his until he commits.
/// </summary>
internal static class ListedMarks
{
    /// <summary>As <see cref="Read"/> wants them.</summary>
    public const string Columns = "no, state, run, missing, total, print";

    /// <summary>The listings of a scope, oldest first.</summary>
    public const string OfScope = $"SELECT {Columns} FROM listings WHERE connection = $1 AND stream = $2 AND place = $3 ORDER BY no";

    private const string BeginListing = """
        WITH begun AS (INSERT INTO listings(connection, stream, place, state, run, missing, total, print) VALUES ($1, $2, $3, $4, $5, 0, 0, 0) RETURNING no)
        INSERT INTO listed(listing, marks) SELECT no, $6 FROM begun WHERE length($6) > 0
        """;

    private const string PutMarksOf = "INSERT INTO listed(listing, marks) SELECT no, $2 FROM unnest($1::bigint[]) AS no";

    private const string PutListing = "UPDATE listings SET state = $2, run = $3, missing = $4, total = $5, print = $6 WHERE no = $1";

    /// <summary>Asks for what <see cref="ReadAsync"/> reads: one result.</summary>
    public static NpgsqlBatch AddListings(this NpgsqlBatch batch, Scope scope)
        => batch.Add(OfScope, scope.Connection.Value, scope.Stream.Value, scope.Location ?? "");

    /// <summary>Reads the result that the reader stands at.</summary>
    public static Task<List<StoredListing>> ReadAsync(NpgsqlDataReader reader) => reader.ListAsync(Read, CancellationToken.None);

    public static StoredListing Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), (ListingState)row.GetInt32(1), row.GetString(2), new Missing(row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)));

    /// <summary>Notes what a page names, in the listing that it is part of, and in those that are not settled yet, which must not delete it; no statement answers with rows.</summary>
    /// <param name="stored">The scope's listings.</param>
    public static void Take(NpgsqlBatch batch, PageCommit page, List<StoredListing> stored)
    {
        var listing = page.Next is null ? Listing.None : page.Listing;
        var underWay = stored.Find(static known => known.State is ListingState.UnderWay or ListingState.Cut);
        // A driver in the midst of a listing says so of its next page.
        if (underWay is not null && (page.BeginsAnew || (underWay.State == ListingState.Cut && listing == Listing.None && page.Next is not null)))
        {
            Delete(batch, [underWay.No]);
            stored = stored.FindAll(known => known != underWay);
            underWay = null;
        }

        Note(batch, page, stored, isListing: listing != Listing.None);
        if (listing != Listing.None && underWay is null)
        {
            Begin(batch, page.Scope, listing == Listing.End ? ListingState.Complete : ListingState.UnderWay, page.Run, page.Marks);
        }
        else if (listing == Listing.End && underWay is { State: ListingState.Cut })
        {
            Delete(batch, [underWay.No]);
        }
        else if (listing == Listing.End && underWay is not null)
        {
            Put(batch, underWay with { State = ListingState.Complete, Run = page.Run });
        }
    }

    /// <summary>The scope's position was changed by hand; no statement answers with rows.</summary>
    public static void Cut(NpgsqlBatch batch, Scope scope)
    {
        batch.Add(
            "DELETE FROM listings WHERE connection = $1 AND stream = $2 AND place = $3 AND state IN ($4, $5)",
            scope.Connection.Value,
            scope.Stream.Value,
            scope.Location ?? "",
            (int)ListingState.UnderWay,
            (int)ListingState.Cut);
        Begin(batch, scope, ListingState.Cut, run: "", marks: default);
    }

    public static void Put(NpgsqlBatch batch, StoredListing listing) => batch.Add(
        PutListing, listing.No, (int)listing.State, listing.Run, listing.Missing.Count, listing.Missing.Total, listing.Missing.Print);

    /// <summary>Their marks go with them.</summary>
    public static void Delete(NpgsqlBatch batch, long[] listings) => batch.Add("DELETE FROM listings WHERE no = ANY($1)", listings);

    public static void DeleteMarks(NpgsqlBatch batch, long listing) => batch.Add("DELETE FROM listed WHERE listing = $1", listing);

    public static void PutMarks(NpgsqlBatch batch, long[] listings, ReadOnlyMemory<byte> marks)
    {
        if (listings.Length > 0 && !marks.IsEmpty)
        {
            batch.Add(PutMarksOf, listings, marks);
        }
    }

    private static void Begin(NpgsqlBatch batch, Scope scope, ListingState state, string run, ReadOnlyMemory<byte> marks)
        => batch.Add(BeginListing, scope.Connection.Value, scope.Stream.Value, scope.Location ?? "", (int)state, run, marks);

    private static void Note(NpgsqlBatch batch, PageCommit page, List<StoredListing> stored, bool isListing)
    {
        // One that is kept is replaced by the listing under way; without a location it has no marks at all. One that is cut needs none.
        var noting = stored.FindAll(known => known.State != ListingState.Cut && (known.State != ListingState.Kept || (page.Scope.Location is not null && !isListing)));
        if (noting.Count > 0)
        {
            PutMarks(batch, [.. noting.Select(static known => known.No)], isListing ? page.Marks : IdMark.OfUpserts(page.Changes));
        }
    }
}
