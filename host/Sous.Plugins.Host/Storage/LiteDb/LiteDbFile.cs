using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using LiteDB;
using LiteDB.Engine;

namespace Sous.Plugins.Host.Storage.LiteDb;

/// <summary>
/// The LiteDB engine and the file behind it. Not thread-safe: two writing threads corrupt a LiteDB file, and a transaction belongs to its thread.
/// </summary>
internal sealed class LiteDbFile : IDisposable
{
    /// <summary>Marks, on disk, the collections that are not held in memory.</summary>
    public const string UncachedPrefix = "log_";

    private const int CopiedAtOnce = 5_000;

    private const string Json = "json";
    private const string Sum = "sum";

    private readonly LiteDatabase _engine;
    private readonly LiteEngine _core;
    private readonly JournaledStream _stream;
    private readonly string _path;

    private LiteDbFile(JournaledStream stream, string path)
    {
        // LiteDB's own log is acknowledged before it is written, carries no checksum, and a failing write of it leaves the engine waiting
        // for ever. So it stays in memory, and the checkpoint, which runs on our thread, hands its pages to the journal.
        var settings = new EngineSettings
        {
            DataStream = stream,
            LogStream = new MemoryStream(),
            TempStream = new MemoryStream(),
            Collation = Collation.Binary,
            ReadOnly = !stream.CanWrite,
        };
        _stream = stream;
        _path = path;
        _core = new LiteEngine(settings);
        _engine = new LiteDatabase(_core, new BsonMapper());
    }

    /// <exception cref="StorageException">It is not a registry, or cannot be opened.</exception>
    public static LiteDbFile Open(string path)
    {
        return Guard(path, "opened", () =>
        {
            if (!File.Exists(path))
            {
                Create(path);
            }

            return Open(JournaledStream.Open(path), path);
        });
    }

    /// <summary>Changes no byte, not even after a crash that left a journal to carry out.</summary>
    public static LiteDbFile OpenReadOnly(string path) => Guard(path, "opened", () => Open(JournaledStream.OpenReadOnly(path), path));

    /// <summary>
    /// Writes the file anew with its documents alone: what was deleted stands on in freed pages, and in the journal, until something
    /// happens to overwrite it. Killed at any point it leaves a file that is whole. To be called while it is closed.
    /// </summary>
    public static void Compact(string path) => Guard(path, "written", () =>
    {
        var unfinished = path + ".new";
        DataFolder.CreateOwnerOnly(unfinished);
        using (var file = OpenReadOnly(path))
        using (var target = new FileStream(unfinished, FileMode.Truncate))
        {
            file.CopyTo(target);
            target.Flush(flushToDisk: true);
        }

        // First, and on disk: old pages must not be carried out into the new file.
        JournaledStream.EraseJournal(path);
        File.Move(unfinished, path, overwrite: true);
        return true;
    });

    /// <summary>Every document that belongs in memory.</summary>
    public RegistrySnapshot Load()
    {
        return Guard("read", () =>
        {
            var snapshot = RegistrySnapshot.Empty;
            foreach (var name in _engine.GetCollectionNames().Where(n => !n.StartsWith(UncachedPrefix, StringComparison.Ordinal)))
            {
                snapshot = snapshot.WithAll(name, Documents(name).FindAll().Select(Entry));
            }

            return snapshot;
        });
    }

    /// <summary>Every document with its collection's name on disk, one after another.</summary>
    public IEnumerable<(string Collection, RegistryEntry Entry)> Export()
    {
        foreach (var name in Guard("read", () => _engine.GetCollectionNames().Order(StringComparer.Ordinal).ToList()))
        {
            using var documents = Guard("read", () => Documents(name).FindAll().GetEnumerator());
            while (Guard("read", documents.MoveNext))
            {
                yield return (name, Entry(documents.Current));
            }
        }
    }

    public RegistryEntry? Find(string collection, string key) =>
        Guard("read", () => Documents(collection).FindById(key) is { } document ? Entry(document) : null);

    public IReadOnlyList<RegistryEntry> List(string collection, string keyPrefix) =>
        Guard<IReadOnlyList<RegistryEntry>>("read", () =>
        [
            .. Documents(collection)
                .Find(BsonExpression.Create("$._id >= @0 AND $._id < @1", keyPrefix, keyPrefix + char.MaxValue))
                .Select(Entry),
        ]);

    /// <summary>All of them or none; on disk when it returns. After a failure the file must be opened anew, and may hold them after all.</summary>
    public void Apply(IReadOnlyDictionary<(string Collection, string Key), RegistryEntry> changes)
    {
        Guard("written", () =>
        {
            _engine.BeginTrans();
            foreach (var ((collection, key), entry) in changes)
            {
                if (entry.Json is null)
                {
                    Documents(collection).Delete(key);
                }
                else
                {
                    Documents(collection).Upsert(new BsonDocument { ["_id"] = key, [Json] = entry.Json, [Sum] = SumOf(key, entry.Json) });
                }
            }

            _engine.Commit();

            // Only the checkpoint reaches the disk.
            _engine.Checkpoint();
            return true;
        });
    }

    /// <summary>Whether every change is in the file: settles what became of a commit that failed half-way.</summary>
    public bool Holds(IReadOnlyDictionary<(string Collection, string Key), RegistryEntry> changes) =>
        changes.All(change => Find(change.Key.Collection, change.Key.Key)?.Json == change.Value.Json);

    public void Dispose()
    {
        _engine.Dispose();
        _stream.Dispose();
    }

    private static LiteDbFile Open(JournaledStream stream, string path)
    {
        try
        {
            // LiteDB takes an empty file for a new one and would begin anew.
            return stream.Length == 0 ? throw Damaged(path, null) : new LiteDbFile(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    // Under another name until it is whole: a registry.db that is there was once complete, so an empty one has been damaged.
    private static void Create(string path)
    {
        // Ordinal: LiteDB's default collation follows the machine's culture and ignores case, so that "a" would replace "A".
        using var memory = new MemoryStream();
        new LiteEngine(new EngineSettings { DataStream = memory, Collation = Collation.Binary }).Dispose();
        var unfinished = path + ".new";
        DataFolder.CreateOwnerOnly(unfinished);
        using (var file = new FileStream(unfinished, FileMode.Truncate))
        {
            file.Write(memory.ToArray());
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path);
    }

    private void CopyTo(Stream target)
    {
        using var engine = new LiteEngine(new EngineSettings { DataStream = target, LogStream = new MemoryStream(), TempStream = new MemoryStream(), Collation = Collation.Binary });
        foreach (var name in _engine.GetCollectionNames())
        {
            foreach (var some in Documents(name).FindAll().Chunk(CopiedAtOnce))
            {
                // Checks each against its sum, so that no damage is carried over as if it were sound.
                Array.ForEach(some, document => Entry(document));
                engine.Insert(name, some, BsonAutoId.ObjectId);
                engine.Checkpoint();
            }
        }
    }

    private ILiteCollection<BsonDocument> Documents(string collection) => _engine.GetCollection(collection);

    private TResult Guard<TResult>(string verb, Func<TResult> action)
    {
        try
        {
            return Guard(_path, verb, action);
        }
        catch
        {
            DisarmTransactions();
            throw;
        }
    }

    // A transaction that failed on a damaged page throws again in its finalizer, which ends the process; nothing public reaches it.
    [SuppressMessage("Usage", "CA1816", Justification = "The finalizer is another's, and it is the finalizer that must not run.")]
    private void DisarmTransactions()
    {
        var monitor = typeof(LiteEngine).GetField("_monitor", BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(_core);
        if (monitor?.GetType().GetProperty("Transactions")?.GetValue(monitor) is IEnumerable transactions)
        {
            foreach (var transaction in transactions)
            {
                GC.SuppressFinalize(transaction);
            }
        }
    }

    // LiteDB's pages have no checksum: a flipped bit would be read as a document of another meaning.
    private static long SumOf(string key, string json) =>
        BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\0{json}")));

    private RegistryEntry Entry(BsonDocument document) =>
        document["_id"] is { IsString: true } key && document[Json] is { IsString: true } json && document[Sum] == SumOf(key.AsString, json.AsString)
            ? new RegistryEntry(key.AsString, json.AsString)
            : throw Damaged(_path, null);

    private static StorageException Damaged(string path, Exception? inner) =>
        new($"The registry {path} is damaged or not a registry; restore a backup.", inner);

    // LiteDB meets bad bytes with whatever exception they happen to cause, so all that is no I/O error counts as damage.
    private static TResult Guard<TResult>(string path, string verb, Func<TResult> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when ((e as IOException ?? e.InnerException as IOException) is { } io)
        {
            throw new StorageException($"The registry {path} could not be {verb}: {io.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException($"The registry {path} could not be {verb}: {e.Message}", e);
        }
        catch (Exception e) when (e is not StorageException)
        {
            throw verb == "written" ? new StorageException($"The registry {path} could not be written.", e) : Damaged(path, e);
        }
    }
}
