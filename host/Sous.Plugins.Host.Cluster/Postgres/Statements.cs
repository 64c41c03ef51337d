using Npgsql;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Statements whose values stand in order: <c>$1</c> is the first. A null needs a cast in the statement.</summary>
internal static class Statements
{
    public static NpgsqlBatch Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        batch.BatchCommands.Add(command);
        return batch;
    }

    /// <returns>How many rows it changed.</returns>
    public static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, params object?[] values)
    {
        await using var batch = new NpgsqlBatch(connection).Add(sql, values);
        return await batch.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <returns>The first column of the first row, or default where there is none or it is null.</returns>
    public static async Task<T?> FindAsync<T>(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var batch = new NpgsqlBatch(connection).Add(sql, values);
        return await batch.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    /// <returns>The first row, or default where there is none.</returns>
    public static async Task<T?> FindAsync<T>(this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object?[] values)
    {
        await using var batch = new NpgsqlBatch(connection).Add(sql, values);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : default;
    }

    /// <summary>Carries out all statements.</summary>
    /// <returns>The number in the first row that one of them answers with, 0 for none.</returns>
    public static async Task<long> ReadNumberAsync(this NpgsqlBatch batch)
    {
        await using var reader = await batch.ExecuteReaderAsync();
        var number = await reader.ReadAsync() ? reader.GetInt64(0) : 0;
        // What fails behind it is told by reading on.
        while (await reader.NextResultAsync())
        {
        }

        return number;
    }

    public static async Task<List<T>> ListAsync<T>(this NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object?[] values)
    {
        await using var batch = new NpgsqlBatch(connection).Add(sql, values);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await reader.ListAsync(read, cancellationToken);
    }

    /// <summary>The rows of the result that the reader stands at.</summary>
    public static async Task<List<T>> ListAsync<T>(this NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
