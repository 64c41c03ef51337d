using System.Runtime.InteropServices;
using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Complete listings beside the pages that name them: <see cref="ListedMarks"/>.</summary>
internal sealed class PostgresListings(PostgresDatabase database) : IListings
{
    public const string Tables = """
        -- Complete listings by scope. state: 0 under way, 1 complete, 2 held, 3 approved, 4 kept, 5 cut. missing, total, print: what it
        -- leaves out where it is held, or left out where one was rejected. marks: eight bytes for each id, in the order of the pages.
        CREATE TABLE listings(
            no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL,
            state integer NOT NULL, run text COLLATE "C" NOT NULL, missing bigint NOT NULL, total bigint NOT NULL, print bigint NOT NULL);
        CREATE INDEX listings_scope ON listings(connection, stream, place, no);
        CREATE INDEX listings_held ON listings(run) WHERE state = 2;
        CREATE TABLE listed(
            no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, listing bigint NOT NULL REFERENCES listings ON DELETE CASCADE, marks bytea NOT NULL);
        CREATE INDEX listed_listing ON listed(listing, no);
        """;

    private const int Batch = 500;

    private const string SyncOfRun = "FROM runs WHERE id = $1";

    public async ValueTask<IReadOnlyList<StoredListing>> ListAsync(Scope scope, CancellationToken cancellationToken) => await database.ReadAsync(
        reader => reader.ListAsync(ListedMarks.OfScope, ListedMarks.Read, cancellationToken, scope.Connection.Value, scope.Stream.Value, scope.Location ?? ""),
        cancellationToken);

    public async ValueTask<IReadOnlyList<StoredListing>> ListHeldAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken) => await database.ReadAsync(
        reader => reader.ListAsync(
            $"SELECT {ListedMarks.Columns} FROM listings WHERE connection = $1 AND stream = $2 AND state = 2 ORDER BY no", ListedMarks.Read, cancellationToken, connection.Value, stream.Value),
        cancellationToken);

    public async ValueTask<Missing> CompareAsync(Scope scope, long listing, CancellationToken cancellationToken)
        => (await MissingAsync(scope, listing, cancellationToken)).Count();

    public async Task DeleteMissingAsync(ListingWork work, long listing, DateTimeOffset at, Action<int> advanced, CancellationToken cancellationToken)
    {
        var missing = await MissingAsync(work.Scope, listing, cancellationToken);
        foreach (var ids in missing.Ids.Chunk(Batch))
        {
            var deleted = await database.WriteAsync(
                async connection =>
                {
                    await FenceTable.AdmitAsync(connection, work.Tenant, work.Scope, work.Fence);
                    var since = await missing.MarksSinceAsync(connection, work.Scope);
                    return await PageWriter.DeleteAsync(connection, work, [.. ids.Where(id => !since.Contains(IdMark.Of(id)))], at);
                },
                cancellationToken);
            advanced(deleted);
        }
    }

    public Task FinishAsync(ListingWork work, long listing, CancellationToken cancellationToken) => ChangeAsync(
        work,
        listing,
        (_, batch, settled, earlier) =>
        {
            ListedMarks.Delete(batch, [.. earlier.Select(static old => old.No)]);
            if (work.Scope.Location is null)
            {
                ListedMarks.Delete(batch, [settled.No]);
            }
            else
            {
                ListedMarks.Put(batch, settled with { State = ListingState.Kept, Missing = default });
            }

            return Task.CompletedTask;
        },
        cancellationToken);

    public Task HoldAsync(ListingWork work, long listing, Missing missing, CancellationToken cancellationToken) => ChangeAsync(
        work,
        listing,
        (_, batch, held, earlier) =>
        {
            DeleteUnsettled(batch, earlier);
            ListedMarks.Put(batch, held with { State = ListingState.Held, Run = work.Run, Missing = missing });
            return Task.CompletedTask;
        },
        cancellationToken);

    public Task PassOverAsync(ListingWork work, long listing, CancellationToken cancellationToken) => ChangeAsync(
        work,
        listing,
        async (connection, batch, passed, earlier) =>
        {
            DeleteUnsettled(batch, earlier);
            if (earlier.Find(static old => old.State == ListingState.Kept) is { } kept)
            {
                await AbsorbAsync(connection, batch, kept, passed, work.Scope);
            }
        },
        cancellationToken);

    public Task<int> DecideAsync(string run, bool approve, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            // In the order in which a commit takes them, so that its page is before the decision or after it.
            await using var holding = new NpgsqlBatch(connection)
                .Add($"SELECT FROM connections WHERE id = (SELECT connection {SyncOfRun}) FOR SHARE", run)
                .Add($"SELECT FROM fences WHERE (connection, stream) = (SELECT connection, stream {SyncOfRun}) FOR UPDATE", run);
            await holding.ExecuteNonQueryAsync(CancellationToken.None);
            var held = await connection.ListAsync(
                $"SELECT {ListedMarks.Columns}, connection, stream, place FROM listings WHERE run = $1 AND state = 2 ORDER BY no",
                static row => (Listing: ListedMarks.Read(row), Scope: ReadScope(row)),
                CancellationToken.None,
                run);
            if (held.Count == 0)
            {
                return 0;
            }

            await using var batch = new NpgsqlBatch(connection).AddNote(run, approve ? "It was approved." : "It was rejected.");
            foreach (var (listing, scope) in held)
            {
                if (approve)
                {
                    ListedMarks.Put(batch, listing with { State = ListingState.Approved });
                }
                else
                {
                    await RejectAsync(connection, batch, listing, scope);
                }
            }

            await batch.ExecuteNonQueryAsync(CancellationToken.None);
            return held.Count;
        },
        cancellationToken);

    private static async Task RejectAsync(NpgsqlConnection connection, NpgsqlBatch batch, StoredListing rejected, Scope scope)
    {
        var stored = await ListAsync(connection, scope);
        if (stored.Find(static known => known.State == ListingState.Kept) is { } kept)
        {
            ListedMarks.Put(batch, kept with { Missing = rejected.Missing });
            await AbsorbAsync(connection, batch, kept, rejected, scope);
            return;
        }

        ListedMarks.Put(batch, rejected with { State = ListingState.Kept });
        ListedMarks.DeleteMarks(batch, rejected.No);
    }

    // What was left out stays the location's, and what is new has joined it.
    private static async Task AbsorbAsync(NpgsqlConnection connection, NpgsqlBatch batch, StoredListing kept, StoredListing listing, Scope scope)
    {
        if (scope.Location is not null)
        {
            var joined = await MissingRecords.MarksOfAsync(connection, listing.No, CancellationToken.None);
            joined.ExceptWith(await MissingRecords.MarksOfAsync(connection, kept.No, CancellationToken.None));
            ListedMarks.PutMarks(batch, [kept.No], MemoryMarshal.AsBytes(joined.ToArray().AsSpan()).ToArray());
        }

        ListedMarks.Delete(batch, [listing.No]);
    }

    private static void DeleteUnsettled(NpgsqlBatch batch, List<StoredListing> listings)
        => ListedMarks.Delete(batch, [.. listings.Where(static old => old.State != ListingState.Kept).Select(static old => old.No)]);

    private static Task<List<StoredListing>> ListAsync(NpgsqlConnection connection, Scope scope)
        => connection.ListAsync(ListedMarks.OfScope, ListedMarks.Read, CancellationToken.None, scope.Connection.Value, scope.Stream.Value, scope.Location ?? "");

    private static Scope ReadScope(NpgsqlDataReader row)
        => new(new ConnectionId(row.GetString(6)), new StreamName(row.GetString(7)), row.Place(8));

    private Task<MissingRecords> MissingAsync(Scope scope, long listing, CancellationToken cancellationToken)
        => database.ReadSnapshotAsync(reader => MissingRecords.ReadAsync(reader, scope, listing, cancellationToken), cancellationToken);

    /// <param name="change">Told the listing and those of its scope before it.</param>
    private async Task ChangeAsync(ListingWork work, long listing, Func<NpgsqlConnection, NpgsqlBatch, StoredListing, List<StoredListing>, Task> change, CancellationToken cancellationToken) => await database.WriteAsync(
        async connection =>
        {
            await FenceTable.AdmitAsync(connection, work.Tenant, work.Scope, work.Fence);
            var stored = await ListAsync(connection, work.Scope);
            if (stored.Find(known => known.No == listing) is not { } found)
            {
                return false;
            }

            await using var batch = new NpgsqlBatch(connection);
            await change(connection, batch, found, stored.FindAll(known => known.No < listing));
            await batch.ExecuteNonQueryAsync(CancellationToken.None);
            return true;
        },
        cancellationToken);
}
