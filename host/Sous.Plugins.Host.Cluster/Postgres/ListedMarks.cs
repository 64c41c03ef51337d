using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing.Listings;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>What complete listings name, noted in the transaction of the page that names it. The fence of the scope's sync is held.</summary>
internal static class ListedMarks
{
    /// <summary>Asks for what <see cref="ReadAsync"/> reads: one result.</summary>
    public static NpgsqlBatch AddListings(this NpgsqlBatch batch, Scope scope) => batch.Add("SELECT 1 WHERE false");

    /// <summary>Reads the result that the reader stands at.</summary>
    public static async Task<List<StoredListing>> ReadAsync(NpgsqlDataReader reader)
    {
        await reader.ReadAsync();
        return [];
    }

    /// <summary>Notes what a page names; no statement answers with rows.</summary>
    /// <param name="stored">The scope's listings.</param>
    public static void Take(NpgsqlBatch batch, PageCommit page, List<StoredListing> stored)
    {
    }

    /// <summary>The scope's position was changed by hand; no statement answers with rows.</summary>
    public static void Cut(NpgsqlBatch batch, Scope scope)
    {
    }
}
