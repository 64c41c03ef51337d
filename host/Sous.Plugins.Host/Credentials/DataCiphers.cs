using System.Security.Cryptography;

namespace Sous.Plugins.Host.Credentials;

/// <summary>What one data key is used for, each use under a key of its own (HKDF).</summary>
internal sealed class DataCiphers(DataKey key, ReadOnlySpan<byte> unwrapped)
{
    public DataKey Key { get; } = key;

    public Aes256Gcm Credentials { get; } = Cipher(unwrapped, "Sous.Credential.v1"u8);

    public Aes256Gcm Raw { get; } = Cipher(unwrapped, "Sous.Raw.v1"u8);

    private static Aes256Gcm Cipher(ReadOnlySpan<byte> dataKey, ReadOnlySpan<byte> purpose)
    {
        Span<byte> key = stackalloc byte[MasterKey.Size];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dataKey, key, [], purpose);
        return new Aes256Gcm(key);
    }
}
