using Sous.Plugins.Host.Cluster.Migrations;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster;

/// <summary>What the host calls here, found by its name.</summary>
internal static class ClusterRoom
{
    /// <summary>Looks into the database; nothing is written there.</summary>
    /// <param name="holds">Whether other hosts are kept from it; without it the stores are only looked at.</param>
    /// <exception cref="StorageException">Another host works there, or the database cannot be used.</exception>
    public static async Task<SharedStores> OpenAsync(string connectionString, bool holds, TimeProvider clock, CancellationToken cancellationToken)
    {
        var database = await PostgresDatabase.OpenAsync(connectionString, cancellationToken);
        try
        {
            var lost = holds ? await database.Hold.TakeAsync(cancellationToken) : Task.FromResult<string?>(null);
            var stored = await MarkRows.ReadAsync(database, cancellationToken);
            MarkRows.Refuse(stored, $"the database {database.Name}");
            var outbox = new PostgresOutbox(database);
            var changes = new PostgresChangeStore(database, outbox, clock);
            return new SharedStores(
                $"the database {database.Name}",
                stored.Epoch?.Name,
                await database.IsFreshAsync(cancellationToken),
                new PostgresRegistry(database),
                changes,
                new PostgresInbox(database),
                outbox,
                new PostgresClosings(database),
                new PostgresListings(database),
                new PostgresGaps(database),
                new PostgresBackfills(database),
                database.Hold.ListAsync,
                async stopping =>
                {
                    await database.MakeTablesAsync(stopping);
                    await changes.OpenAsync(stopping);
                },
                lost,
                database);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the database is there and no other host works on it; one that is silent is put an end to.</summary>
    public static async Task WaitUntilFreeAsync(string connectionString, Action ended, Action<string> troubled, CancellationToken cancellationToken)
    {
        await using var database = PostgresDatabase.Read(connectionString);
        await database.Hold.WaitUntilFreeAsync(ended, troubled, cancellationToken);
    }

    /// <summary>Keeps hosts from the database, to move stores into it or out of it.</summary>
    /// <exception cref="MigrationException">A host works on it.</exception>
    /// <exception cref="StorageException">The database cannot be used.</exception>
    public static async Task<IMigrationSide> OpenSideAsync(string connectionString, CancellationToken cancellationToken)
        => await PostgresSide.HoldAsync(await PostgresDatabase.OpenAsync(connectionString, cancellationToken), cancellationToken);
}
