using System.Buffers;
using System.IO.Compression;
using System.Reflection;
using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Host.Backup;

/// <summary>Both stores as they were at one moment, and how they become a backup file: a zip that any tool opens, written from front to back.</summary>
/// <param name="registryCopy">The registry's file; the change store's copy comes to lie beside it.</param>
/// <param name="changes">Belongs to this from now on.</param>
/// <param name="end">Called when it is disposed of.</param>
internal sealed class BackupPoint(string registryCopy, SqliteSnapshot changes, DateTimeOffset at, Action end) : IAsyncDisposable
{
    private const int Buffered = 128 * 1024;

    private readonly Dictionary<string, long> _documents = [];
    private string _masterKey = "";

    public DateTimeOffset At => at;

    /// <summary>Memory does not grow with the stores.</summary>
    /// <exception cref="Storage.StorageException">A store turned out to be damaged: what was written so far is no backup.</exception>
    public async Task<BackupManifest> WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        await using var seal = new SealingStream(output);
        BackupManifest manifest;
        await using (var zip = await ZipArchive.CreateAsync(seal, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken))
        {
            zip.Comment = SealingStream.Placeholder;
            manifest = await WriteAsync(zip, cancellationToken);
        }

        await seal.SealAsync(cancellationToken);
        return manifest;
    }

    public ValueTask DisposeAsync()
    {
        changes.Dispose();
        end();
        return ValueTask.CompletedTask;
    }

    private async Task<BackupManifest> WriteAsync(ZipArchive zip, CancellationToken cancellationToken)
    {
        // Copied at the disk's speed first: how long the live store is held must not hang on who reads the answer.
        var changesCopy = Path.Combine(Path.GetDirectoryName(registryCopy) ?? "", BackupPart.Changes);
        await Task.Run(() => changes.CopyTo(changesCopy, cancellationToken), cancellationToken);
        changes.Dispose();
        var parts = new List<BackupPart>
        {
            await WriteRegistryAsync(zip, cancellationToken),
            await WriteFileAsync(zip, BackupPart.Changes, changesCopy, cancellationToken),
        };
        var manifest = Describe(parts, changesCopy);
        await using var text = await OpenAsync(zip, BackupManifest.Name, cancellationToken);
        await text.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(manifest, BackupJson.Default.BackupManifest), cancellationToken);
        return manifest;
    }

    private BackupManifest Describe(IReadOnlyList<BackupPart> parts, string changesCopy)
    {
        var (feed, records) = SqliteFile.Describe(changesCopy);
        return new BackupManifest
        {
            FormatVersion = BackupManifest.Format,
            MadeAt = at,
            HostVersion = typeof(BackupPoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            MasterKey = _masterKey,
            Feed = feed,
            Documents = _documents.Values.Sum(),
            Tenants = _documents.GetValueOrDefault(Tenant.Collection.Name),
            Connections = _documents.GetValueOrDefault(Connection.Collection.Name),
            Records = records,
            Parts = parts,
        };
    }

    private async Task<BackupPart> WriteRegistryAsync(ZipArchive zip, CancellationToken cancellationToken)
    {
        using var file = LiteDbFile.OpenReadOnly(registryCopy);
        await using var part = await OpenAsync(zip, BackupPart.Registry, cancellationToken);
        var lines = new ArrayBufferWriter<byte>(Buffered);
        foreach (var (collection, entry) in file.Export())
        {
            _documents[collection] = _documents.GetValueOrDefault(collection) + 1;
            if (collection == RingEntry.Collection.Name && entry.Read(RingEntry.Collection) is { } ring)
            {
                // By the ring as it was at that moment: its key may have been changed a second later.
                _masterKey = RingWrapper.KidsOf(ring).FirstOrDefault(_masterKey);
            }

            DocumentLine.Write(lines, collection, entry);
            if (lines.WrittenCount > Buffered)
            {
                await part.WriteAsync(lines.WrittenMemory, cancellationToken);
                lines.ResetWrittenCount();
            }
        }

        await part.WriteAsync(lines.WrittenMemory, cancellationToken);
        return part.ToPart();
    }

    private static async Task<BackupPart> WriteFileAsync(ZipArchive zip, string name, string path, CancellationToken cancellationToken)
    {
        await using var source = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        await using var part = await OpenAsync(zip, name, cancellationToken);
        var buffer = new byte[Buffered];
        while (await source.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            await part.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return part.ToPart();
    }

    private static async Task<PartWriter> OpenAsync(ZipArchive zip, string name, CancellationToken cancellationToken) =>
        new(name, await zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancellationToken));
}
