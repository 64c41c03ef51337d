using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Backup;

/// <summary>A backup file that was opened and found whole: every part has been read once and hashed before anything is made of it.</summary>
internal sealed class BackupFile : IAsyncDisposable
{
    private const int Buffered = 128 * 1024;

    private static readonly string[] s_parts = [BackupPart.Registry, BackupPart.Changes];

    private readonly string _path;
    private readonly ZipArchive _zip;

    private BackupFile(string path, ZipArchive zip, BackupManifest manifest) => (_path, _zip, Manifest) = (path, zip, manifest);

    public BackupManifest Manifest { get; }

    /// <exception cref="BackupException">It is no backup, was cut short or altered, or is of a later version.</exception>
    public static async Task<BackupFile> OpenAsync(string path, CancellationToken cancellationToken)
    {
        ZipArchive? zip = null;
        try
        {
            var stream = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous });
            try
            {
                await SealingStream.VerifyAsync(stream, cancellationToken);
                stream.Position = 0;
                zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Read, leaveOpen: false, entryNameEncoding: null, cancellationToken);
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }

            var file = new BackupFile(path, zip, await ReadManifestAsync(zip, cancellationToken));
            await file.VerifyAsync(cancellationToken);
            return file;
        }
        catch (Exception e)
        {
            await (zip?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw Explain(path, e);
        }
    }

    /// <summary>The registry's documents, each with its collection's name.</summary>
    public async IAsyncEnumerable<(string Collection, RegistryEntry Entry)> ReadDocumentsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = await Entry(_zip, BackupPart.Registry).OpenAsync(cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, Buffered);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            yield return Parse(line);
        }
    }

    /// <summary>Writes a part into a new file; durable when the task completes.</summary>
    public async Task UnpackAsync(string name, string target, CancellationToken cancellationToken)
    {
        Storage.DataFolder.CreateOwnerOnly(target);
        await using var file = new FileStream(target, new FileStreamOptions { Mode = FileMode.Truncate, Access = FileAccess.Write, Options = FileOptions.Asynchronous });
        await using var part = await Entry(_zip, name).OpenAsync(cancellationToken);
        await part.CopyToAsync(file, Buffered, cancellationToken);
        file.Flush(flushToDisk: true);
    }

    public ValueTask DisposeAsync() => _zip.DisposeAsync();

    private (string Collection, RegistryEntry Entry) Parse(string line)
    {
        try
        {
            return DocumentLine.Read(line);
        }
        catch (JsonException e)
        {
            throw Explain(_path, e);
        }
    }

    private static async Task<BackupManifest> ReadManifestAsync(ZipArchive zip, CancellationToken cancellationToken)
    {
        await using var stream = await Entry(zip, BackupManifest.Name).OpenAsync(cancellationToken);
        using var json = await JsonDocument.ParseAsync(stream, default, cancellationToken);

        // Before the rest of it, which a later version may have changed.
        if (json.RootElement.GetProperty("formatVersion").GetInt32() is var version && version != BackupManifest.Format)
        {
            throw new NotSupportedException($"it has format {version}, and this host reads format {BackupManifest.Format}");
        }

        return json.Deserialize(BackupJson.Default.BackupManifest) ?? throw new InvalidDataException("its manifest is empty");
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        if (!Manifest.Parts.Select(static part => part.Name).SequenceEqual(s_parts))
        {
            throw new InvalidDataException("its manifest names other parts than a backup has");
        }

        foreach (var part in Manifest.Parts)
        {
            await using var stream = await Entry(_zip, part.Name).OpenAsync(cancellationToken);
            if (await HashAsync(stream, part.Bytes, cancellationToken) != part.Sha256)
            {
                throw new InvalidDataException($"{part.Name} is not what was written");
            }
        }
    }

    /// <summary>Reads no further than a byte past <paramref name="expected"/>: what a part unpacks to is the file's own word.</summary>
    private static async Task<string> HashAsync(Stream stream, long expected, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Buffered];
        long bytes = 0;
        while (bytes <= expected && await stream.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            bytes += read;
        }

        return bytes == expected ? Convert.ToHexStringLower(hash.GetHashAndReset()) : "";
    }

    private static ZipArchiveEntry Entry(ZipArchive zip, string name) =>
        zip.GetEntry(name) ?? throw new InvalidDataException($"{name} is not in it");

    private static Exception Explain(string path, Exception exception) => exception switch
    {
        OperationCanceledException or BackupException => exception,
        NotSupportedException => new BackupException($"{path} cannot be restored here: {exception.Message}.", exception),
        FileNotFoundException or DirectoryNotFoundException => new BackupException($"There is no file {path}.", exception),
        UnauthorizedAccessException => new BackupException($"{path} cannot be read: {exception.Message}", exception),
        InvalidDataException => new BackupException($"{path} is no backup, or is damaged: {exception.Message.TrimEnd('.')}.", exception),
        IOException io when io.GetType() == typeof(IOException) => new BackupException($"{path} cannot be read: {io.Message}", io),

        // The reader of a zip meets bytes that are none with whatever exception they happen to cause.
        _ => new BackupException($"{path} is no backup, or is damaged.", exception),
    };
}
