using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Migrations;

/// <summary>The stores in a database, in which no host works until this is disposed. A table is replaced in one transaction with the mark that says so.</summary>
internal sealed class PostgresSide : IMigrationSide
{
    private const string ClosingNews = "closing_news";

    private readonly PostgresDatabase _database;
    private readonly Task<string?> _lost;

    private PostgresSide(PostgresDatabase database, Task<string?> lost) => (_database, _lost) = (database, lost);

    public string Where => $"the database {_database.Name}";

    /// <param name="database">Closed with this, or where it cannot be kept from hosts.</param>
    /// <exception cref="MigrationException">A host works on it.</exception>
    public static async Task<PostgresSide> HoldAsync(PostgresDatabase database, CancellationToken cancellationToken)
    {
        try
        {
            return new PostgresSide(database, await database.Hold.TakeAsync(cancellationToken));
        }
        catch (Exception e)
        {
            await database.DisposeAsync();
            throw e is StorageException { IsTaken: true }
                ? new MigrationException($"A host works on the database {database.Name}, or another migration: stop it first.", e)
                : e;
        }
    }

    public Task<SideState> LookAsync(CancellationToken cancellationToken) => MarkRows.ReadAsync(_database, cancellationToken);

    public async Task<VaultState> ReadVaultAsync(CancellationToken cancellationToken)
    {
        await using var registry = new PostgresRegistry(_database);
        return await VaultState.OfAsync(Where, registry, cancellationToken);
    }

    public IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellationToken)
        => _database.StreamSnapshotAsync(connection => ReadAsync(connection, table, cancellationToken), cancellationToken);

    public Task<long> ReadCounterAsync(CopiedTable table, CancellationToken cancellationToken) => _database.ReadAsync(
        async connection => await connection.FindAsync<long>(
            table.Name == ClosingNews ? "SELECT no FROM closing_news_last" : $"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {await SequenceOfAsync(connection, table)}", cancellationToken),
        cancellationToken);

    public async Task<MigrationMark> BeginAsync(MigrationMark mark, CancellationToken cancellationToken)
    {
        if ((await LookAsync(cancellationToken)).Moved is not null)
        {
            var aside = string.Create(CultureInfo.InvariantCulture, $"{Schema.Name}_before_migrate_{mark.BeganAt:yyyyMMddHHmmss}");
            await _database.WriteAsync(connection => connection.ExecuteAsync($"ALTER SCHEMA {Schema.Name} RENAME TO {aside}"), cancellationToken);
        }

        await _database.MakeTablesAsync(cancellationToken);
        await _database.WriteAsync(connection => MarkRows.PutAsync(connection, mark), cancellationToken);
        return mark;
    }

    public Task ReplaceAsync(CopiedTable table, Func<IAsyncEnumerable<object?[]>> rows, long counter, MigrationMark mark, CancellationToken cancellationToken) => _database.WriteAsync(
        async connection =>
        {
            // With what refers to it, which is copied after it.
            await connection.ExecuteAsync($"TRUNCATE {table.Name} CASCADE");
            await WriteAsync(connection, table, rows(), cancellationToken);
            if (table.IsNumbered)
            {
                await KeepCounterAsync(connection, table, counter);
            }

            await connection.ExecuteAsync($"ANALYZE {table.Name}");
            return await MarkRows.PutAsync(connection, mark);
        },
        cancellationToken);

    public Task MakeReadyAsync(FeedEpoch epoch, IReadOnlyList<(string Collection, RegistryEntry Entry)> documents, MigrationMark mark, CancellationToken cancellationToken) => _database.WriteAsync(
        async connection =>
        {
            await MarkRows.PutAsync(connection, epoch);
            foreach (var (collection, entry) in documents)
            {
                await connection.ExecuteAsync(
                    "INSERT INTO documents(collection, key, body) VALUES ($1, $2, $3) ON CONFLICT (collection, key) DO UPDATE SET body = excluded.body", collection, entry.Key, entry.Json);
            }

            return await MarkRows.PutAsync(connection, mark);
        },
        cancellationToken);

    public Task OpenAsync(CancellationToken cancellationToken) => _database.WriteAsync(static connection => MarkRows.DeleteUnderWayAsync(connection), cancellationToken);

    public Task CloseAsync(MovedMark mark, CancellationToken cancellationToken)
        => _lost.IsCompleted
            ? throw new MigrationException($"The connection that kept hosts from {Where} was lost, and one may have worked there meanwhile. Run it again, and it goes on.")
            : _database.WriteAsync(connection => MarkRows.PutAsync(connection, mark), cancellationToken);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static async IAsyncEnumerable<object?[]> ReadAsync(NpgsqlConnection connection, CopiedTable table, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {table.ColumnList} FROM {table.Name}", connection) { CommandTimeout = 0 };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var types = Enumerable.Range(0, row.FieldCount).Select(row.GetFieldType).ToList();
        while (await row.ReadAsync(cancellationToken))
        {
            var values = new object?[types.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = row.IsDBNull(i) ? null : Read(row, i, types[i]);
            }

            yield return values;
        }
    }

    private static object Read(NpgsqlDataReader row, int column, Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Int64 => row.GetInt64(column),
        TypeCode.Int32 => (long)row.GetInt32(column),
        TypeCode.Int16 => (long)row.GetInt16(column),
        TypeCode.Boolean => row.GetBoolean(column) ? 1L : 0L,
        _ => row.GetValue(column),
    };

    private static async Task WriteAsync(NpgsqlConnection connection, CopiedTable table, IAsyncEnumerable<object?[]> rows, CancellationToken cancellationToken)
    {
        var types = await ReadTypesAsync(connection, table, cancellationToken);
        await using var copy = await connection.BeginBinaryImportAsync($"COPY {table.Name}({table.ColumnList}) FROM STDIN (FORMAT BINARY)", cancellationToken);
        copy.Timeout = TimeSpan.Zero;
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            await copy.StartRowAsync(cancellationToken);
            for (var i = 0; i < row.Length; i++)
            {
                await WriteAsync(copy, row[i], types[i], cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static Task WriteAsync(NpgsqlBinaryImporter copy, object? value, Type type, CancellationToken cancellationToken) => (value, Type.GetTypeCode(type)) switch
    {
        (null, _) => copy.WriteNullAsync(cancellationToken),
        (long number, TypeCode.Int64) => copy.WriteAsync(number, cancellationToken),
        (long number, TypeCode.Int32) => copy.WriteAsync((int)number, cancellationToken),
        (long number, TypeCode.Int16) => copy.WriteAsync((short)number, cancellationToken),
        (long number, TypeCode.Boolean) => copy.WriteAsync(number != 0, cancellationToken),
        (string text, _) => copy.WriteAsync(text, cancellationToken),
        (byte[] bytes, _) => copy.WriteAsync(bytes, cancellationToken),
        _ => throw new InvalidOperationException($"A {value.GetType().Name} is no {type.Name}."),
    };

    private static async Task<List<Type>> ReadTypesAsync(NpgsqlConnection connection, CopiedTable table, CancellationToken cancellationToken)
    {
        await using var none = new NpgsqlCommand($"SELECT {table.ColumnList} FROM {table.Name} LIMIT 0", connection);
        await using var reader = await none.ExecuteReaderAsync(cancellationToken);
        return [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetFieldType)];
    }

    private static async Task KeepCounterAsync(NpgsqlConnection connection, CopiedTable table, long counter)
    {
        if (table.Name == ClosingNews)
        {
            await connection.ExecuteAsync("UPDATE closing_news_last SET no = $1", counter);
            return;
        }

        await connection.ExecuteAsync($"SELECT setval('{await SequenceOfAsync(connection, table)}', greatest($1, 1), $1 > 0)", counter);
    }

    private static async Task<string> SequenceOfAsync(NpgsqlConnection connection, CopiedTable table)
        => await connection.FindAsync<string>("SELECT pg_get_serial_sequence($1, 'no')", CancellationToken.None, table.Name) ?? throw new InvalidOperationException($"{table.Name} has no numbers.");
}
