using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Commits pages: fence, records, feed, checkpoint and the run's counts, in the transaction under way. A page of any size takes two round trips, and one for the commit.</summary>
internal static class PageWriter
{
    // One by one, by the whole key: before the server has statistics it takes a connection for a few rows, and would look through all of them for each.
    private const string Stored = $"""
        SELECT {RecordRow.Columns} FROM unnest($3::text[]) AS u(id) CROSS JOIN LATERAL (SELECT * FROM records WHERE connection = $1 AND stream = $2 AND id = u.id LIMIT 1) r
        """;

    /// <exception cref="StaleFenceException">Nothing was written.</exception>
    public static async Task<CommitResult> CommitAsync(NpgsqlConnection connection, PageCommit page, RawRewrite? gate)
    {
        var (stored, mappings, listings) = await ReadAsync(connection, page);
        var records = new RecordChanges(page.Tenant, page.Scope.Connection, page.At, gate);
        var result = new PageTally().Write(page.Changes, change => records.Write(stored.GetValueOrDefault(change.Id), page.Scope.Stream.Value, change, mappings));
        await using var batch = new NpgsqlBatch(connection);
        if (page.Next is not null)
        {
            CheckpointTable.Put(batch, page.Scope, page.Next, page.Fence, page.At);
        }

        ListedMarks.Take(batch, page, listings);
        RunTable.Count(batch, page.Run, result, 1);
        return result with { LastSequence = await batch.AddRecords(records).ReadNumberAsync() };
    }

    /// <summary>Deletes records that a complete listing does not name. The caller has had the work admitted.</summary>
    /// <returns>How many were there to be deleted.</returns>
    public static async Task<int> DeleteAsync(NpgsqlConnection connection, ListingWork work, IReadOnlyList<string> ids, DateTimeOffset at)
    {
        var stored = await connection.ListAsync(Stored, RecordRow.Read, CancellationToken.None, work.Scope.Connection.Value, work.Scope.Stream.Value, ids);
        var records = new RecordChanges(work.Tenant, work.Scope.Connection, at, null);
        var deleted = 0;
        foreach (var row in stored.Where(static row => row.State != RecordState.Deleted))
        {
            records.Delete(row);
            deleted++;
        }

        await using var batch = new NpgsqlBatch(connection);
        RunTable.Count(batch, work.Run, new CommitResult(0, 0, 0, deleted, 0, 0), 0);
        await batch.AddRecords(records).ReadNumberAsync();
        return deleted;
    }

    private static async Task<(Dictionary<string, RecordRow> Stored, Dictionary<string, string> Mappings, List<StoredListing> Listings)> ReadAsync(NpgsqlConnection connection, PageCommit page)
    {
        var id = page.Scope.Connection.Value;
        await using var batch = new NpgsqlBatch(connection).AddAdmission(page.Scope)
            .Add("SELECT place, location FROM mappings WHERE connection = $1", id)
            .AddListings(page.Scope)
            .Add(Stored, id, page.Scope.Stream.Value, page.Changes.Select(static change => change.Id).Distinct(StringComparer.Ordinal).ToArray());
        await using var reader = await batch.ExecuteReaderAsync();
        await FenceTable.AdmitAsync(reader, page.Tenant, page.Scope, page.Fence);
        var mappings = (await reader.ListAsync(static row => (Place: row.GetString(0), Location: row.GetString(1)), CancellationToken.None))
            .ToDictionary(static mapping => mapping.Place, static mapping => mapping.Location, StringComparer.Ordinal);
        await reader.NextResultAsync();
        var listings = await ListedMarks.ReadAsync(reader);
        await reader.NextResultAsync();
        var stored = (await reader.ListAsync(RecordRow.Read, CancellationToken.None)).ToDictionary(static row => row.Id, StringComparer.Ordinal);
        return (stored, mappings, listings);
    }
}
