using System.Security.Cryptography;

namespace Sous.Plugins.Host.Credentials;

/// <summary>AES-256-GCM with the nonce in front and the tag behind: <c>nonce (12) | ciphertext | tag (16)</c>. Safe for several threads.</summary>
internal sealed class Aes256Gcm(ReadOnlySpan<byte> key) : IDisposable
{
    /// <summary>Bytes that a sealed text is longer than the text.</summary>
    public const int Overhead = NonceSize + TagSize;

    private const int NonceSize = 12;
    private const int TagSize = 16;

    // One native context serves one call at a time.
    private readonly Lock _lock = new();
    private readonly AesGcm _aes = new(key, TagSize);

    public byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        var output = new byte[plaintext.Length + Overhead];
        Seal(plaintext, associatedData, output);
        return output;
    }

    /// <param name="output">As long as the plaintext and the overhead.</param>
    public void Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData, Span<byte> output)
    {
        var nonce = output[..NonceSize];
        RandomNumberGenerator.Fill(nonce);
        lock (_lock)
        {
            _aes.Encrypt(nonce, plaintext, output[NonceSize..^TagSize], output[^TagSize..], associatedData);
        }
    }

    /// <exception cref="CryptographicException">It was altered, or sealed under another key or for another purpose.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedText, ReadOnlySpan<byte> associatedData)
    {
        if (sealedText.Length < Overhead)
        {
            throw new CryptographicException("The sealed text is cut short.");
        }

        var plaintext = new byte[sealedText.Length - Overhead];
        lock (_lock)
        {
            _aes.Decrypt(sealedText[..NonceSize], sealedText[NonceSize..^TagSize], sealedText[^TagSize..], plaintext, associatedData);
        }

        return plaintext;
    }

    public void Dispose() => _aes.Dispose();
}
