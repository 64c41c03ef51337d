using System.Runtime.ExceptionServices;
using Npgsql;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// The documents as the works of one transaction see them: what is stored, and over it what the works before changed. Under the registry's lock, so that
/// nothing stored changes meanwhile. Works are synchronous, and so is what they read.
/// </summary>
internal sealed class DocumentGroup(NpgsqlConnection connection)
{
    // A range is planned once for all prefixes; no character comes after that one.
    public const string WithPrefix = "SELECT key, body FROM documents WHERE collection = $1 AND key >= $2 AND key < $2 || chr(1114111)";

    private readonly Dictionary<(string Collection, string Key), RegistryEntry> _read = [];
    private readonly Dictionary<(string Collection, string Key), RegistryEntry> _changes = [];
    private ExceptionDispatchInfo? _failure;

    /// <summary>Without JSON where there is none.</summary>
    public RegistryEntry Find(string collection, string key)
    {
        if (_changes.TryGetValue((collection, key), out var entry) || _read.TryGetValue((collection, key), out entry))
        {
            return entry;
        }

        var found = Query("SELECT key, body FROM documents WHERE collection = $1 AND key = $2", collection, key);
        return _read[(collection, key)] = found is [var one] ? one : new RegistryEntry(key, null);
    }

    /// <summary>In no order.</summary>
    public IEnumerable<RegistryEntry> List(string collection, string keyPrefix) => Under(_changes, collection, keyPrefix, Query(WithPrefix, collection, keyPrefix));

    /// <summary>Those entries with the changes over them.</summary>
    public static IEnumerable<RegistryEntry> Under(
        IReadOnlyDictionary<(string Collection, string Key), RegistryEntry> changes, string collection, string keyPrefix, IEnumerable<RegistryEntry> entries)
        => changes.Where(change => change.Key.Collection == collection && change.Key.Key.StartsWith(keyPrefix, StringComparison.Ordinal))
            .Select(static change => change.Value)
            .UnionBy(entries, static entry => entry.Key)
            .Where(static entry => entry.Json is not null);

    /// <summary>The works after see it too.</summary>
    public void Accept(IReadOnlyDictionary<(string Collection, string Key), RegistryEntry> changes)
    {
        foreach (var (document, entry) in changes)
        {
            _changes[document] = entry;
        }
    }

    public async Task SaveAsync()
    {
        // A work may have taken it for its own failure; the transaction is lost.
        _failure?.Throw();
        var kept = _changes.Where(static change => change.Value.Json is not null).ToList();
        if (kept.Count > 0)
        {
            await connection.ExecuteAsync(
                """
                INSERT INTO documents SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
                ON CONFLICT (collection, key) DO UPDATE SET body = EXCLUDED.body
                """,
                Array(kept, static change => change.Key.Collection),
                Array(kept, static change => change.Key.Key),
                Array(kept, static change => change.Value.Json));
        }

        var deleted = _changes.Where(static change => change.Value.Json is null).ToList();
        if (deleted.Count > 0)
        {
            await connection.ExecuteAsync(
                "DELETE FROM documents WHERE (collection, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))",
                Array(deleted, static change => change.Key.Collection),
                Array(deleted, static change => change.Key.Key));
        }
    }

    private static T[] Array<T>(List<KeyValuePair<(string Collection, string Key), RegistryEntry>> changes, Func<KeyValuePair<(string Collection, string Key), RegistryEntry>, T> select)
        => [.. changes.Select(select)];

    private List<RegistryEntry> Query(string sql, string collection, string key)
    {
        _failure?.Throw();
        try
        {
            using var batch = new NpgsqlBatch(connection).Add(sql, collection, key);
            using var rows = batch.ExecuteReader();
            var entries = new List<RegistryEntry>();
            while (rows.Read())
            {
                entries.Add(new RegistryEntry(rows.GetString(0), rows.GetString(1)));
            }

            return entries;
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }
}
