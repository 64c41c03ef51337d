using System.Runtime.InteropServices;
using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Listings;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// Which of a scope's records a listing leaves out. A stream of the whole connection has all of its records listed; one by
/// location has those that the location's listing before named, unless another location names them too.
/// </summary>
/// <param name="Ids">In order.</param>
/// <param name="Total">How many there are of which they are missing.</param>
/// <param name="UpTo">The newest marks that were looked at.</param>
internal sealed record MissingRecords(IReadOnlyList<string> Ids, long Total, long UpTo)
{
    private const string OfSync = "FROM listings l JOIN listed d ON d.listing = l.no WHERE l.connection = $1 AND l.stream = $2";

    /// <summary>Reads them at one moment.</summary>
    public static async Task<MissingRecords> ReadAsync(NpgsqlConnection connection, Scope scope, long listing, CancellationToken cancellationToken)
    {
        var upTo = await connection.FindAsync<long>($"SELECT coalesce(max(d.no), 0) {OfSync}", cancellationToken, scope.Connection.Value, scope.Stream.Value);
        var named = await MarksOfAsync(connection, listing, cancellationToken);
        if (scope.Location is null)
        {
            var (missing, all) = await ReadAsync(connection, scope, mark => !named.Contains(mark), cancellationToken);
            return new MissingRecords(missing, all, upTo);
        }

        var stored = await connection.ListAsync(ListedMarks.OfScope, ListedMarks.Read, cancellationToken, scope.Connection.Value, scope.Stream.Value, scope.Location);
        var gone = stored.Find(static known => known.State == ListingState.Kept) is { } kept ? await MarksOfAsync(connection, kept.No, cancellationToken) : [];
        var total = gone.Count;
        gone.ExceptWith(named);
        if (gone.Count > 0)
        {
            // A menu may be shared: what another restaurant still lists is not gone.
            gone.ExceptWith(await MarksAsync(connection, $"SELECT d.marks {OfSync} AND l.place <> $3", cancellationToken, scope.Connection.Value, scope.Stream.Value, scope.Location));
        }

        return new MissingRecords(gone.Count == 0 ? [] : (await ReadAsync(connection, scope, gone.Contains, cancellationToken)).Ids, total, upTo);
    }

    /// <summary>All marks of a listing.</summary>
    public static Task<HashSet<ulong>> MarksOfAsync(NpgsqlConnection connection, long listing, CancellationToken cancellationToken)
        => MarksAsync(connection, "SELECT marks FROM listed WHERE listing = $1", cancellationToken, listing);

    /// <summary>What pages have named since. Whoever holds the fence of the scope's sync knows all of them.</summary>
    public Task<HashSet<ulong>> MarksSinceAsync(NpgsqlConnection connection, Scope scope)
        => MarksAsync(connection, $"SELECT d.marks {OfSync} AND d.no > $3", CancellationToken.None, scope.Connection.Value, scope.Stream.Value, UpTo);

    public Missing Count()
    {
        var print = Ids.Aggregate(0L, static (sum, id) => unchecked(sum + (long)IdMark.Of(id)));
        return new Missing(Ids.Count, Total, Ids.Count == 0 ? 0 : print == 0 ? 1 : print);
    }

    private static async Task<(List<string> Ids, long All)> ReadAsync(NpgsqlConnection connection, Scope scope, Func<ulong, bool> isMissing, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection).Add(
            "SELECT id FROM records WHERE connection = $1 AND stream = $2 AND state <> $3 ORDER BY id", scope.Connection.Value, scope.Stream.Value, (int)RecordState.Deleted);
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        var (ids, all) = (new List<string>(), 0L);
        while (await rows.ReadAsync(cancellationToken))
        {
            all++;
            var id = rows.GetString(0);
            if (isMissing(IdMark.Of(id)))
            {
                ids.Add(id);
            }
        }

        return (ids, all);
    }

    private static async Task<HashSet<ulong>> MarksAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var batch = new NpgsqlBatch(connection).Add(sql, values);
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        var marks = new HashSet<ulong>();
        while (await rows.ReadAsync(cancellationToken))
        {
            foreach (var mark in MemoryMarshal.Cast<byte, ulong>(rows.GetFieldValue<byte[]>(0)))
            {
                marks.Add(mark);
            }
        }

        return marks;
    }
}
