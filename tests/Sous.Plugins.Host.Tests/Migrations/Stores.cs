using System.Globalization;
using Npgsql;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Cluster;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Host.Tests.Storage.Postgres;

namespace Sous.Plugins.Host.Tests.Migrations;

/// <summary>A data folder with three rows in every table, of which some lack whatever may be lacking, and an empty database beside it.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FreshDatabase _database;

    private Stores(FreshDatabase database) => _database = database;

    public string Data => _folder.File("data");

    public FreshDatabase Database => _database;

    /// <summary>What was put into each table.</summary>
    public Dictionary<CopiedTable, List<object?[]>> Rows { get; } = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<Stores> CreateAsync()
    {
        var stores = new Stores(await FreshDatabase.EmptyAsync());
        await stores.FillAsync();
        return stores;
    }

    public string Below(string name) => _folder.File(name);

    public static IMigrationSide OpenFolder(string path) => EmbeddedSide.Open(path);

    public Task<IMigrationSide> OpenDatabaseAsync() => ClusterRoom.OpenSideAsync(_database.ConnectionString, Token);

    public async Task<MigrationReport> MigrateAsync(bool isToPostgres, Func<IMigrationSide, IMigrationSide>? around = null)
    {
        await using var folder = OpenFolder(Data);
        await using var database = await OpenDatabaseAsync();
        around ??= static side => side;
        var (source, target) = isToPostgres ? (folder, database) : (database, folder);
        return await new Migration(around(source), around(target), "key", TimeProvider.System, static (_, _) => { }).RunAsync(Token);
    }

    /// <summary>What stands in the folder, and in the database.</summary>
    public async Task<(SideState Folder, SideState Database)> LookAsync()
    {
        await using var folder = OpenFolder(Data);
        await using var database = await OpenDatabaseAsync();
        return (await folder.LookAsync(Token), await database.LookAsync(Token));
    }

    /// <summary>A row of a table, as a line.</summary>
    public static string Line(object?[] row) => string.Join('|', row.Select(static value => value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(value ?? "null", CultureInfo.InvariantCulture)));

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    private async Task FillAsync()
    {
        var columns = await ReadColumnsAsync();
        using var folder = DataFolder.Open(Data);
        folder.Claim();
        using var tables = new EmbeddedTables(folder.ChangesFile);
        foreach (var table in CopiedTable.All.Where(static table => table != CopiedTable.Documents))
        {
            Rows[table] = [.. Enumerable.Range(1, 3).Select(row => table.Columns.Select(column => Value(table, column, row, columns[(table.Name, column.Name)])).ToArray())];
            await tables.InsertAsync(table, Rows[table].ToAsyncEnumerable(), Token);
            if (table.IsNumbered)
            {
                tables.KeepCounter(table, 7);
            }
        }

        Rows[CopiedTable.Documents] =
        [
            ["notes", "a", """{"text":"é \u0000 𝄞"}"""],
            ["notes", "b", "{}"],
            .. AuditTrail.Follow(AuditHead.Beginning, AuditEntry.Make(DateTimeOffset.UnixEpoch, AuditEntry.Host, "key.created")).Select(static told => new object?[] { told.Collection, told.Document.Key, told.Document.Json }),
            [ToldRecords.Collection.Name, "t1", RegistryEntry.Of(ToldRecords.Collection, new ToldRecords(new TenantId("t1"), 2)).Json],
        ];
        await EmbeddedDocuments.ReplaceAsync(folder.RegistryFile, Rows[CopiedTable.Documents].ToAsyncEnumerable(), Token);
    }

    private static object? Value(CopiedTable table, CopiedColumn column, int row, (string Type, bool IsNullable) stored) => (column.Kind, column.Name) switch
    {
        _ when stored.IsNullable && row == 2 => null,
        (CopiedKind.Connection, _) => $"con_{row}",
        (CopiedKind.Tenant, _) => $"t{row}",
        (CopiedKind.Text, "tenant") => $"t{row}",
        (CopiedKind.Text, "id") when table == CopiedTable.Tenants => $"t{row}",
        (CopiedKind.Text, "id") when table == CopiedTable.Connections => $"con_{row}",
        (CopiedKind.Text, _) => $"{column.Name} é {row}",
        (CopiedKind.Name, "stream") => "sales",
        (CopiedKind.Name, _) => row == 1 ? "" : $"{column.Name} é {row}",
        (CopiedKind.Bytes, "body" or "hash" or "raw") when row == 1 && (table.Name is "changes" or "records" || (table == CopiedTable.Held && column.Name == "raw")) => Array.Empty<byte>(),
        (CopiedKind.Bytes, _) => new byte[] { 0, 255, (byte)row },
        (_, "no" or "sequence" or "delivery" or "listing") => (long)row,
        _ when stored.Type == "boolean" => (long)(row % 2),
        _ when stored.Type == "bigint" => 5_000_000_000L * row,
        _ => (long)row,
    };

    private static async Task<Dictionary<(string Table, string Column), (string Type, bool IsNullable)>> ReadColumnsAsync()
    {
        await using var other = await FreshDatabase.WithTablesAsync();
        await using var database = await other.OpenAsync();
        return (await database.ReadAsync(
            connection => connection.ListAsync(
                "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = $1",
                static row => ((row.GetString(0), row.GetString(1)), (row.GetString(2), row.GetString(3) == "YES")),
                Token,
                Schema.Name),
            Token)).ToDictionary();
    }
}
