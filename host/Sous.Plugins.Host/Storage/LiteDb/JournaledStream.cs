using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Sous.Plugins.Host.Storage.LiteDb;

/// <summary>
/// The file under the engine. Pages written between two flushes reach it together or not at all, whatever dies in between:
/// a flush puts them into a journal first, and a journal that is whole is carried out at the next opening.
/// A failure is thrown to the one who flushes; after it the stream takes no more, and its owner opens the file anew.
/// </summary>
internal sealed class JournaledStream : Stream
{
    public const int PageSize = 8_192;

    private const int Head = 16;
    private const int Entry = 8 + PageSize;
    private const int KeptJournal = 4 * 1024 * 1024;

    private readonly Dictionary<long, byte[]> _pages;
    private readonly SafeFileHandle _file;
    private readonly SafeFileHandle? _journal;
    private long _length;
    private bool _failed;

    private JournaledStream(SafeFileHandle file, SafeFileHandle? journal, Dictionary<long, byte[]> pages)
    {
        _file = file;
        _journal = journal;
        _pages = pages;

        // A page cut short by a crash stands whole in the journal; the engine must not see the stump.
        _length = RandomAccess.GetLength(file) / PageSize * PageSize;
        foreach (var position in pages.Keys)
        {
            _length = Math.Max(_length, position + PageSize);
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => _journal is not null;

    public override long Length => _length;

    public override long Position { get; set; }

    private static ReadOnlySpan<byte> Magic => "SousJrn1"u8;

    public static JournaledStream Open(string path)
    {
        DataFolder.CreateOwnerOnly(JournalOf(path));
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var journal = File.OpenHandle(JournalOf(path), FileMode.Open, FileAccess.ReadWrite);
        var stream = new JournaledStream(file, journal, ReadJournal(journal));
        try
        {
            stream.Apply();
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Shows what an opening would see, and changes no byte.</summary>
    public static JournaledStream OpenReadOnly(string path)
    {
        using var journal = File.Exists(JournalOf(path)) ? File.OpenHandle(JournalOf(path)) : null;
        return new JournaledStream(File.OpenHandle(path), null, journal is null ? [] : ReadJournal(journal));
    }

    /// <summary>Blanks a journal whose pages were carried out: old pages stand in it until others happen to overwrite them.</summary>
    public static void EraseJournal(string path)
    {
        using var journal = File.OpenHandle(JournalOf(path), FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.Write(journal, new byte[RandomAccess.GetLength(journal)], 0);
        RandomAccess.FlushToDisk(journal);
        RandomAccess.SetLength(journal, 0);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var target = buffer.AsSpan(offset, count);
        if (_pages.TryGetValue(Position, out var page))
        {
            count = Math.Min(count, PageSize);
            page.AsSpan(0, count).CopyTo(target);
        }
        else
        {
            count = RandomAccess.Read(_file, target, Position);
        }

        Position += count;
        return count;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (_failed || _journal is null)
        {
            throw new IOException("An earlier write failed.");
        }

        if (count != PageSize || Position % PageSize != 0)
        {
            throw new NotSupportedException("Only whole pages are written.");
        }

        _pages[Position] = buffer.AsSpan(offset, count).ToArray();
        Position += count;
        _length = Math.Max(_length, Position);
    }

    public override void Flush()
    {
        if (_pages.Count == 0 || _journal is null)
        {
            return;
        }

        _failed = true;
        var journal = Journal();
        RandomAccess.Write(_journal, journal, 0);
        RandomAccess.FlushToDisk(_journal);
        Apply();

        // Overwriting a file of the same size is the cheapest write there is, so a journal of common size is kept.
        if (journal.Length > KeptJournal)
        {
            RandomAccess.SetLength(_journal, 0);
        }

        _failed = false;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => _length + offset,
    };

    public override void SetLength(long value) => throw new NotSupportedException("The file only grows.");

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        _journal?.Dispose();
        base.Dispose(disposing);
    }

    private static string JournalOf(string path) => Path.ChangeExtension(path, ".journal");

    // Layout: magic, number of pages, then each page after its position, then the SHA-256 of all that.
    private static Dictionary<long, byte[]> ReadJournal(SafeFileHandle journal)
    {
        var pages = new Dictionary<long, byte[]>();
        var bytes = new byte[RandomAccess.GetLength(journal)];
        if (RandomAccess.Read(journal, bytes, 0) < Head + SHA256.HashSizeInBytes || !bytes.AsSpan().StartsWith(Magic))
        {
            return pages;
        }

        var count = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8));
        if (count < 0 || count > (bytes.Length - Head - SHA256.HashSizeInBytes) / Entry)
        {
            return pages;
        }

        var end = Head + ((int)count * Entry);
        if (!SHA256.HashData(bytes.AsSpan(0, end)).AsSpan().SequenceEqual(bytes.AsSpan(end, SHA256.HashSizeInBytes)))
        {
            return pages;
        }

        for (var at = Head; at < end; at += Entry)
        {
            pages[BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at))] = bytes.AsSpan(at + 8, PageSize).ToArray();
        }

        return pages;
    }

    private byte[] Journal()
    {
        var bytes = new byte[Head + (_pages.Count * Entry) + SHA256.HashSizeInBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), _pages.Count);
        var at = Head;
        foreach (var (position, page) in _pages)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), position);
            page.CopyTo(bytes.AsSpan(at + 8));
            at += Entry;
        }

        SHA256.HashData(bytes.AsSpan(0, at), bytes.AsSpan(at));
        return bytes;
    }

    private void Apply()
    {
        if (_pages.Count == 0 || _journal is null)
        {
            return;
        }

        foreach (var (position, page) in _pages.OrderBy(p => p.Key))
        {
            RandomAccess.Write(_file, page, position);
        }

        RandomAccess.FlushToDisk(_file);

        // Done with: a file restored from a backup later must not meet these pages. Not flushed, as carrying them out twice does no harm.
        RandomAccess.Write(_journal, new byte[Head], 0);
        _pages.Clear();
    }
}
