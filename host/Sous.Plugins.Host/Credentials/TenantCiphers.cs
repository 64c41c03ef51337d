using System.Security.Cryptography;

namespace Sous.Plugins.Host.Credentials;

/// <summary>A tenant's data keys, unwrapped.</summary>
/// <param name="Newest">Encrypts.</param>
/// <param name="Known">
/// By number. Also those that this process knew and that are stored no more: who read a ciphertext just before it was encrypted anew still decrypts it.
/// </param>
internal sealed record TenantCiphers(DataCiphers Newest, IReadOnlyDictionary<int, DataCiphers> Known)
{
    /// <exception cref="CryptographicException">There is no such key, or no more.</exception>
    public DataCiphers Of(int number) => Known.GetValueOrDefault(number) ?? throw new CryptographicException($"There is no data key {number}.");
}
