using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster;

/// <summary>What the host calls here, found by its name.</summary>
internal static class ClusterRoom
{
    /// <exception cref="StorageException">The database cannot be used.</exception>
    public static async Task<SharedStores> OpenAsync(string connectionString, TimeProvider clock, CancellationToken cancellationToken)
    {
        var database = await PostgresDatabase.OpenAsync(connectionString, cancellationToken);
        try
        {
            await database.HoldAsync(cancellationToken);
            var outbox = new PostgresOutbox(database);
            return new SharedStores(
                $"the database {database.Name}",
                await database.ReadAsync(connection => connection.FindAsync<bool>("SELECT NOT EXISTS (SELECT 1 FROM documents)", cancellationToken), cancellationToken),
                new PostgresRegistry(database),
                await PostgresChangeStore.OpenAsync(database, outbox, clock, cancellationToken),
                new PostgresInbox(database),
                outbox,
                new PostgresClosings(database),
                new PostgresListings(database),
                new PostgresGaps(database),
                new PostgresBackfills(database),
                database);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }
}
