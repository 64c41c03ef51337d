using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Backup;

/// <summary>
/// Ends a file with the SHA-256 of all that comes before, in hex, so that one flipped or missing byte anywhere is seen. What
/// is written ends with a placeholder of that length, a zip's comment, in whose place the hash goes out.
/// </summary>
internal sealed class SealingStream(Stream output) : Stream
{
    public const int SealLength = 2 * SHA256.HashSizeInBytes;

    public static readonly string Placeholder = new('0', SealLength);

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _held = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">The file does not end with the hash of the rest.</exception>
    public static async Task VerifyAsync(Stream file, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        var left = file.Length - SealLength;
        while (left > 0)
        {
            var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
            if (read == 0)
            {
                break;
            }

            hash.AppendData(buffer, 0, read);
            left -= read;
        }

        var sealRead = left == 0 ? await file.ReadAtLeastAsync(buffer.AsMemory(0, SealLength), SealLength, throwOnEndOfStream: false, cancellationToken) : 0;
        if (sealRead != SealLength || Encoding.ASCII.GetString(buffer, 0, SealLength) != Convert.ToHexStringLower(hash.GetHashAndReset()))
        {
            throw new InvalidDataException("it does not end with the hash of what comes before");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        output.Write(Pass(buffer).Span);
        Keep();
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await output.WriteAsync(Pass(buffer.Span), cancellationToken);
        Keep();
    }

    /// <summary>Writes the hash in the place of the placeholder.</summary>
    public async Task SealAsync(CancellationToken cancellationToken)
    {
        if (Encoding.ASCII.GetString(_held.WrittenSpan) != Placeholder)
        {
            throw new InvalidOperationException("What was written does not end with the placeholder.");
        }

        await output.WriteAsync(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(_hash.GetHashAndReset())), cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    public override void Flush() => output.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        base.Dispose(disposing);
    }

    /// <returns>What can go out by now: all but the last bytes, which may turn out to be the placeholder.</returns>
    private ReadOnlyMemory<byte> Pass(ReadOnlySpan<byte> bytes)
    {
        _held.Write(bytes);
        var passed = _held.WrittenMemory[..Math.Max(0, _held.WrittenCount - SealLength)];
        _hash.AppendData(passed.Span);
        return passed;
    }

    private void Keep()
    {
        Span<byte> tail = stackalloc byte[SealLength];
        var kept = Math.Min(_held.WrittenCount, SealLength);
        _held.WrittenSpan[^kept..].CopyTo(tail);
        _held.ResetWrittenCount();
        _held.Write(tail[..kept]);
    }
}
