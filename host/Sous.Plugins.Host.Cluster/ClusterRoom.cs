using Sous.Plugins.Host.Cluster.Migrations;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Cluster.Silos;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster;

/// <summary>What the host calls here, found by its name.</summary>
internal static class ClusterRoom
{
    /// <summary>Looks into the database; nothing is written there.</summary>
    /// <exception cref="StorageException">It is not free for that use, or the database cannot be used.</exception>
    public static async Task<SharedStores> OpenAsync(string connectionString, StoreUse use, TimeProvider clock, CancellationToken cancellationToken)
    {
        var database = await PostgresDatabase.OpenAsync(connectionString, cancellationToken);
        try
        {
            var lost = use == StoreUse.Work ? await database.Hold.TakeAsync(cancellationToken) : Task.FromResult<string?>(null);
            if (use == StoreUse.Help)
            {
                await database.Hold.FollowAsync(cancellationToken);
            }

            var stored = await MarkRows.ReadAsync(database, cancellationToken);
            MarkRows.Refuse(stored, $"the database {database.Name}");
            var outbox = new PostgresOutbox(database);
            var changes = new PostgresChangeStore(database, outbox, clock);
            return new SharedStores(
                $"the database {database.Name}",
                use,
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
                new BuildTable(database).Store,
                database.Hold.ListAsync,
                async stopping =>
                {
                    await database.MakeTablesAsync(stopping);
                    await (use == StoreUse.Work ? ServerMark.RecogniseAsync(database, clock, stopping) : Task.CompletedTask);
                    await changes.OpenAsync(stopping);
                },
                changes.CutOffAsync,
                (services, stopping) => new WorkerSilo(database, services).RunAsync(stopping),
                (services, asked, stopping) => new HelperSilo(database, services, asked).RunAsync(stopping),
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

    /// <summary>Says of the database that it was set back to an earlier moment: the next host that works there waits until it is adopted.</summary>
    /// <returns>The database, for sentences.</returns>
    /// <exception cref="StorageException">A host works on it, it holds nothing, or it cannot be used.</exception>
    public static async Task<string> SetBackAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var database = await PostgresDatabase.OpenAsync(connectionString, cancellationToken);
        await database.Hold.TakeAsync(cancellationToken);
        if (await database.IsFreshAsync(cancellationToken))
        {
            throw new StorageException($"The database {database.Name} holds no stores.");
        }

        await ServerMark.SetBackAsync(database, cancellationToken);
        return $"the database {database.Name}";
    }

    /// <summary>Keeps hosts from the database, to move stores into it or out of it.</summary>
    /// <exception cref="MigrationException">A host works on it.</exception>
    /// <exception cref="StorageException">The database cannot be used.</exception>
    public static async Task<IMigrationSide> OpenSideAsync(string connectionString, CancellationToken cancellationToken)
        => await PostgresSide.HoldAsync(await PostgresDatabase.OpenAsync(connectionString, cancellationToken), cancellationToken);
}
