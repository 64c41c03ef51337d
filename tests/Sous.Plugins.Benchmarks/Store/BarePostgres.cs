using Npgsql;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Benchmarks.Store;

/// <summary>
/// The same rows as the change store's, as whoever knows Npgsql well would write them: one prepared batch of a page's columns, in one
/// transaction. It looks nothing up, compares nothing and checks no fence; the sequences are its own.
/// </summary>
internal sealed class BarePostgres : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlBatch _batch;
    private long _sequence;

    private BarePostgres(NpgsqlConnection connection)
    {
        _connection = connection;
        _batch = new NpgsqlBatch(connection);
    }

    public static async Task<BarePostgres> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand("""
            CREATE TABLE changes(
                tenant text COLLATE "C" NOT NULL, sequence bigint NOT NULL, previous bigint NOT NULL, connection text COLLATE "C" NOT NULL,
                stream text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL, kind integer NOT NULL, location text COLLATE "C" NOT NULL,
                place text COLLATE "C" NOT NULL, day integer NOT NULL, version bigint NOT NULL, changed_at bigint NOT NULL,
                id text COLLATE "C" NOT NULL, body bytea NOT NULL, PRIMARY KEY(tenant, sequence));
            CREATE TABLE records(
                connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL,
                state integer NOT NULL, location text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, day integer NOT NULL,
                sequence bigint NOT NULL, version bigint NOT NULL, hash bytea NOT NULL, PRIMARY KEY(connection, stream, id)) WITH (fillfactor = 80);
            CREATE TABLE days(
                connection text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, day integer NOT NULL, stream text COLLATE "C" NOT NULL,
                id text COLLATE "C" NOT NULL, PRIMARY KEY(connection, place, day, stream, id));
            CREATE TABLE checkpoints(scope text COLLATE "C" PRIMARY KEY, value text NOT NULL);
            """, connection);
        await create.ExecuteNonQueryAsync();
        var bare = new BarePostgres(connection);
        bare.Add(
            """
            INSERT INTO changes SELECT 'bench', e.sequence, 0, 'con_bench', 'sales', 'sale', 0, 'own-1', 'L1', e.day, 1, 1770000000000, e.id, e.body
            FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bytea[]) AS e(sequence, day, id, body)
            """, 4);
        bare.Add(
            """
            INSERT INTO records SELECT 'con_bench', 'sales', r.id, 'sale', 0, 'own-1', 'L1', r.day, r.sequence, 1, r.hash
            FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bytea[]) AS r(sequence, day, id, hash)
            ON CONFLICT (connection, stream, id) DO UPDATE SET day = excluded.day, sequence = excluded.sequence, version = records.version + 1, hash = excluded.hash
            """, 4);
        bare.Add("INSERT INTO days SELECT 'con_bench', 'L1', d.day, 'sales', d.id FROM unnest($1::integer[], $2::text[]) AS d(day, id) ON CONFLICT DO NOTHING", 2);
        bare.Add("INSERT INTO checkpoints VALUES ('scope', $1) ON CONFLICT (scope) DO UPDATE SET value = excluded.value", 1);
        return bare;
    }

    public async Task CommitAsync(RecordChange[] page, string checkpoint)
    {
        var sequences = Array.ConvertAll(page, _ => ++_sequence);
        var days = Array.ConvertAll(page, static change => change.BusinessDate?.DayNumber ?? 0);
        var ids = Array.ConvertAll(page, static change => change.Id);
        Set(0, sequences, days, ids, Array.ConvertAll(page, static change => change.Body));
        Set(1, sequences, days, ids, Array.ConvertAll(page, static change => change.Hash));
        Set(2, days, ids);
        Set(3, checkpoint);
        await using var transaction = await _connection.BeginTransactionAsync();
        if (_sequence == page.Length)
        {
            await _batch.PrepareAsync();
        }

        await _batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _batch.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private void Add(string sql, int parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        for (var i = 0; i < parameters; i++)
        {
            command.Parameters.Add(new NpgsqlParameter());
        }

        _batch.BatchCommands.Add(command);
    }

    private void Set(int command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            _batch.BatchCommands[command].Parameters[i].Value = values[i];
        }
    }
}
