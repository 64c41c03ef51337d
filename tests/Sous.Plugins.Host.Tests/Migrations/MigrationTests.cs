using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Cluster;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Credentials;
using Sous.Plugins.Host.Tests.Storage.Postgres;

namespace Sous.Plugins.Host.Tests.Migrations;

/// <summary>All that is kept, from files into PostgreSQL and back, by the stores' own files and a real server.</summary>
public sealed class MigrationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_row_of_every_table_comes_over_as_it_is_and_numbers_go_on_behind_the_last()
    {
        await using var stores = await Stores.CreateAsync();

        var report = await stores.MigrateAsync(isToPostgres: true);

        Assert.True(report.Moved);
        Assert.Equal(CopiedTable.All.Count + 3, report.Tables.Count);
        Assert.All(report.Tables, static table => Assert.True(table is { IsEqual: true, SourceRows: > 0 }, table.Name));
        await using var database = await stores.OpenDatabaseAsync();
        foreach (var table in CopiedTable.All.Where(static table => table != CopiedTable.Documents))
        {
            var there = await database.ReadAsync(table, Token).Select(Stores.Line).ToListAsync(Token);
            Assert.Equal(stores.Rows[table].Select(Stores.Line).Order(StringComparer.Ordinal), there.Order(StringComparer.Ordinal));
            Assert.True(!table.IsNumbered || await database.ReadCounterAsync(table, Token) == LastOf(table), table.Name);
        }
    }

    [Fact]
    public async Task The_feeds_begin_another_life_above_all_that_was_told_and_the_trail_tells_of_it()
    {
        await using var stores = await Stores.CreateAsync();
        var before = (await stores.LookAsync()).Folder.Epoch!;
        const long Longest = 5_000_000_000L * 3 * 2;

        await stores.MigrateAsync(isToPostgres: true);

        var (folder, database) = await stores.LookAsync();
        Assert.NotEqual(before.Name, database.Epoch!.Name);
        Assert.Equal(database.Epoch.Name, folder.Moved!.Feed);
        Assert.True(database.Epoch.Base > before.Base + Longest);
        await using var side = await stores.OpenDatabaseAsync();
        var documents = await side.ReadAsync(CopiedTable.Documents, Token).ToListAsync(Token);
        Assert.Equal(2 + database.Epoch.Base - before.Base, Read(documents, ToldRecords.Collection).UpTo);
        Assert.Equal("stores.moved", Read(documents, AuditEntry.Collection, static entry => entry.Action == "stores.moved").Action);
    }

    [Fact]
    public async Task What_comes_back_is_what_went_and_what_stood_there_is_put_aside()
    {
        await using var stores = await Stores.CreateAsync();
        await stores.MigrateAsync(isToPostgres: true);

        var report = await stores.MigrateAsync(isToPostgres: false);

        Assert.True(report.Moved);
        Assert.True(File.Exists(Path.Combine(Assert.Single(Directory.GetDirectories(stores.Data, "before-migrate-*")), "registry.db")));
        await using (var folder = Stores.OpenFolder(stores.Data))
        {
            foreach (var table in CopiedTable.All.Where(static table => table != CopiedTable.Documents))
            {
                var back = await folder.ReadAsync(table, Token).Select(Stores.Line).ToListAsync(Token);
                Assert.Equal(stores.Rows[table].Select(Stores.Line).Order(StringComparer.Ordinal), back.Order(StringComparer.Ordinal));
                Assert.True(!table.IsNumbered || await folder.ReadCounterAsync(table, Token) == LastOf(table), table.Name);
            }
        }

        // And there once more, where the database holds what went back.
        Assert.True((await stores.MigrateAsync(isToPostgres: true)).Moved);
        Assert.Equal(1L, await stores.Database.ExecuteAsync("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'sous_plugins_before_migrate_%'"));
    }

    [Theory]
    [InlineData("before begin")]
    [InlineData("after begin")]
    [InlineData("before replace tenants")]
    [InlineData("amid replace changes")]
    [InlineData("after replace records")]
    [InlineData("amid replace held")]
    [InlineData("amid replace inbox")]
    [InlineData("before replace documents")]
    [InlineData("amid replace documents")]
    [InlineData("before ready")]
    [InlineData("after ready")]
    [InlineData("before close")]
    [InlineData("after close")]
    [InlineData("before open")]
    [InlineData("after open")]
    public async Task Killed_at_a_step_it_leaves_one_place_that_serves_at_most_and_goes_on_when_it_is_run_again(string step)
    {
        await using var stores = await Stores.CreateAsync();

        foreach (var isToPostgres in (bool[])[true, false])
        {
            await Assert.ThrowsAsync<KilledException>(() => stores.MigrateAsync(isToPostgres, side => new StoppingSide(side, step)));

            var (source, target) = Order(await stores.LookAsync(), isToPostgres);
            Assert.False(Serves(source) && Serves(target));
            Assert.True(!Serves(target) || source.Moved?.Feed == target.Epoch?.Name);

            var report = await stores.MigrateAsync(isToPostgres);

            (source, target) = Order(await stores.LookAsync(), isToPostgres);
            Assert.True(report.Moved && report.Tables.All(static table => table.IsEqual));
            Assert.True(!Serves(source) && Serves(target));
            Assert.Equal(report.Feed, target.Epoch!.Name);
            await AssertHeldAsync(stores, isToPostgres);
        }
    }

    [Fact]
    public async Task Where_a_host_worked_on_the_source_since_the_last_call_all_is_copied_anew()
    {
        await using var stores = await Stores.CreateAsync();
        await Assert.ThrowsAsync<KilledException>(() => stores.MigrateAsync(isToPostgres: true, static side => new StoppingSide(side, "after ready")));
        using (var tables = new EmbeddedTables(Path.Combine(stores.Data, "changes.db")))
        {
            object?[] later = ["con_3", "catalog", 4L];
            stores.Rows[Table("fences")].Add(later);
            await tables.InsertAsync(Table("fences"), new[] { later }.ToAsyncEnumerable(), Token);
        }

        Assert.True((await stores.MigrateAsync(isToPostgres: true)).Moved);

        await AssertHeldAsync(stores, isInPostgres: true);
    }

    [Theory]
    [InlineData("changes", 12)]
    [InlineData("records", 2)]
    [InlineData("documents", 2)]
    public async Task What_differs_in_a_single_value_is_not_moved_and_the_source_goes_on_serving(string table, int column)
    {
        await using var stores = await Stores.CreateAsync();

        var report = await stores.MigrateAsync(isToPostgres: true, side => new AlteringSide(side, table, row =>
        {
            row[column] = row[column] is string text ? text + " " : row[column];
            return row;
        }));

        Assert.False(report.Moved);
        Assert.All(report.Tables.Where(static compared => !compared.IsEqual), compared => Assert.StartsWith(table, compared.Name, StringComparison.Ordinal));
        var (folder, database) = await stores.LookAsync();
        Assert.True(Serves(folder) && !Serves(database));
        Assert.True((await stores.MigrateAsync(isToPostgres: true)).Moved);
    }

    [Fact]
    public async Task A_row_that_is_lost_on_the_way_is_missed()
    {
        await using var stores = await Stores.CreateAsync();

        var report = await stores.MigrateAsync(isToPostgres: true, static side => new AlteringSide(side, "days", static _ => null));

        Assert.Equal(("days", 3L, 0L), Assert.Single(report.Tables, static table => !table.IsEqual) is var days ? (days.Name, days.SourceRows, days.TargetRows) : default);
        Assert.False(report.Moved);
    }

    [Fact]
    public async Task Stores_that_are_there_already_are_never_written_over()
    {
        await using var stores = await Stores.CreateAsync();
        await using (var other = await stores.Database.OpenAsync())
        {
            await using var registry = new PostgresRegistry(other);
            await registry.WriteAsync(static transaction => transaction.Put(ToldRecords.Collection, new ToldRecords(new("t9"), 1)), Token);
        }

        var refused = await Assert.ThrowsAsync<MigrationException>(() => stores.MigrateAsync(isToPostgres: true));

        Assert.Contains("holds stores already, which are never written over", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1L, await stores.Database.ExecuteAsync("SELECT count(*) FROM documents"));
        Assert.Contains("never written over", (await Assert.ThrowsAsync<MigrationException>(async () =>
        {
            await stores.Database.ExecuteAsync("INSERT INTO meta VALUES ('feed', 'f'), ('feed_base', '0')");
            await stores.MigrateAsync(isToPostgres: false);
        })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_from_elsewhere_is_not_taken_for_ones_own()
    {
        await using var stores = await Stores.CreateAsync();
        await Assert.ThrowsAsync<KilledException>(() => stores.MigrateAsync(isToPostgres: true, static side => new StoppingSide(side, "after replace records")));
        await using var others = await Stores.CreateAsync();

        await using var folder = Stores.OpenFolder(others.Data);
        await using var database = await stores.OpenDatabaseAsync();
        var refused = await Assert.ThrowsAsync<MigrationException>(() => new Migration(folder, database, "key", TimeProvider.System, static (_, _) => { }).RunAsync(Token));

        Assert.Contains($"a migration from the data folder {stores.Data} is under way", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_host_starts_on_what_is_half_copied_or_was_moved_and_the_sentence_says_what_to_do()
    {
        await using var stores = await Stores.CreateAsync();
        await Assert.ThrowsAsync<KilledException>(() => stores.MigrateAsync(isToPostgres: true, static side => new StoppingSide(side, "after replace records")));
        var half = await Assert.ThrowsAsync<StorageException>(() => ClusterRoom.OpenAsync(stores.Database.ConnectionString, StoreUse.Work, TimeProvider.System, Token));
        Assert.Contains("run the same sous-plugins migrate again", half.Message, StringComparison.Ordinal);

        await stores.MigrateAsync(isToPostgres: true);
        Assert.Contains("was moved to the database", Refused(stores.Data), StringComparison.Ordinal);
        Assert.Contains("sous-plugins migrate --to embedded", Refused(stores.Data), StringComparison.Ordinal);
        await using (var there = await ClusterRoom.OpenAsync(stores.Database.ConnectionString, StoreUse.Work, TimeProvider.System, Token))
        {
            Assert.DoesNotContain("holds something else", await RefusedAsync(there, stores.Data), StringComparison.Ordinal);
        }

        await using (var elsewhere = await FreshDatabase.WithTablesAsync())
        {
            await using var other = await ClusterRoom.OpenAsync(elsewhere.ConnectionString, StoreUse.Work, TimeProvider.System, Token);
            Assert.Contains("holds something else", await RefusedAsync(other, stores.Data), StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<KilledException>(() => stores.MigrateAsync(isToPostgres: false, static side => new StoppingSide(side, "after replace records")));
        Assert.Contains("a migration from the database", Refused(stores.Data), StringComparison.Ordinal);
        await stores.MigrateAsync(isToPostgres: false);
        var moved = await Assert.ThrowsAsync<StorageException>(() => ClusterRoom.OpenAsync(stores.Database.ConnectionString, StoreUse.Work, TimeProvider.System, Token));
        Assert.Contains($"was moved to the data folder {stores.Data}", moved.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_or_a_database_with_a_host_in_it_is_left_alone()
    {
        await using var stores = await Stores.CreateAsync();
        using (var running = DataFolder.Open(stores.Data))
        {
            running.Claim();
            Assert.Contains("stop it first", Assert.Throws<MigrationException>(() => Stores.OpenFolder(stores.Data)).Message, StringComparison.Ordinal);
        }

        await using var host = await ClusterRoom.OpenAsync(stores.Database.ConnectionString, StoreUse.Work, TimeProvider.System, Token);
        Assert.Contains("A host works on the database", (await Assert.ThrowsAsync<MigrationException>(stores.OpenDatabaseAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_table_and_column_of_both_engines_is_copied()
    {
        // The engine's own: its version and epoch, numbers for names, and what a table of the other engine holds besides.
        // A host on files has its drivers in its plugins folder.
        string[] own = ["driver_builds", "meta", "names", "compactions", "closing_news_last", "sqlite_sequence", "raws.stored_at", "records.held"];
        await using var stores = await Stores.CreateAsync();
        await stores.MigrateAsync(isToPostgres: true);
        var copied = CopiedTable.All.SelectMany(static table => table.Columns.Select(column => $"{table.Name}.{column.Name}")).Order(StringComparer.Ordinal).ToList();

        await using var database = await stores.Database.OpenAsync();
        var inPostgres = await database.ReadAsync(
            connection => connection.ListAsync(
                "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = $1", static row => row.GetString(0), Token, Schema.Name),
            Token);
        Assert.Equal(copied, inPostgres.Where(column => !own.Contains(column.Split('.')[0])).Order(StringComparer.Ordinal));

        using var session = new Host.Storage.Sqlite.SqliteFile(Path.Combine(stores.Data, "changes.db")).OpenReader();
        var columns = session.Prepare("SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'");
        var inSqlite = new List<string>();
        while (columns.Step())
        {
            inSqlite.Add($"{columns.Text(0)}.{columns.Text(1)}");
        }

        // There a feed's place is one number, and a held body is found by its record.
        var expected = copied.Where(static column => column is not ("changes.tenant" or "raws.tenant" or "held.stream" or "held.id") && !column.StartsWith("documents.", StringComparison.Ordinal))
            .Select(static column => column is "changes.sequence" or "raws.sequence" ? column.Replace("sequence", "position", StringComparison.Ordinal) : column)
            .Except(((string[])["base", "former", "purged", "since", "swept", "first_delete", "first_delete_at", "dropped"]).Select(static column => $"tenants.{column}"));
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            inSqlite.Where(column => !own.Contains(column) && !own.Contains(column.Split('.')[0]) && column is not ("tenants.no" or "connections.no" or "held.no")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_collection_that_is_not_held_in_memory_is_known_by_its_name()
        => Assert.Equal(
            EmbeddedDocuments.Uncached.Order(StringComparer.Ordinal),
            typeof(EmbeddedDocuments).Assembly.GetTypes()
                .Where(static type => !type.ContainsGenericParameters)
                .SelectMany(static type => type.GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic))
                .Where(static field => field.FieldType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(RegistryCollection<>))
                .Select(static field => field.GetValue(null)!)
                .Where(static collection => !(bool)collection.GetType().GetProperty("Cached")!.GetValue(collection)!)
                .Select(static collection => (string)collection.GetType().GetProperty("Name")!.GetValue(collection)!)
                .Order(StringComparer.Ordinal));

    // SQLite goes on behind the last row of these, whatever there was before.
    private static long LastOf(CopiedTable table) => table.Name is "runs" or "gaps" or "listed" ? 3 : 7;

    private static CopiedTable Table(string name) => CopiedTable.All.Single(table => table.Name == name);

    private static bool Serves(SideState side) => side is { IsEmpty: false, UnderWay: null, Moved: null };

    private static (SideState Source, SideState Target) Order((SideState Folder, SideState Database) sides, bool isToPostgres)
        => isToPostgres ? (sides.Folder, sides.Database) : (sides.Database, sides.Folder);

    private static string Refused(string data)
    {
        using var folder = DataFolder.Open(data);
        return Assert.Throws<BootGateException>(() => BootGate.Check(folder, Vault.Settings(), TimeProvider.System)).Message;
    }

    // The rows have no key ring: that is what is missed next.
    private static async Task<string> RefusedAsync(SharedStores shared, string data)
    {
        using var folder = DataFolder.Open(data);
        return (await Assert.ThrowsAsync<BootGateException>(() => BootGate.CheckAsync(shared, folder, Vault.Settings(), TimeProvider.System, Token))).Message;
    }

    private static async Task AssertHeldAsync(Stores stores, bool isInPostgres)
    {
        await using var side = isInPostgres ? await stores.OpenDatabaseAsync() : Stores.OpenFolder(stores.Data);
        foreach (var (table, rows) in stores.Rows.Where(static table => table.Key != CopiedTable.Documents))
        {
            Assert.Equal(rows.Select(Stores.Line).Order(StringComparer.Ordinal), (await side.ReadAsync(table, Token).Select(Stores.Line).ToListAsync(Token)).Order(StringComparer.Ordinal));
        }
    }

    private static T Read<T>(IEnumerable<object?[]> documents, RegistryCollection<T> collection, Func<T, bool>? wanted = null)
        where T : class
        => documents.Where(row => (string?)row[0] == collection.Name).Select(row => new RegistryEntry((string)row[1]!, (string?)row[2]).Read(collection)!).Single(wanted ?? (static _ => true));
}
