using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// Keeps the <see cref="CredentialTally"/>: the exclusive or of a MAC of each credential's id and version. Its key lies beside it, under
/// the ring: who can write the file but not decrypt it can make no set of rows that fits, and no tally that fits a set.
/// </summary>
internal sealed class TallyKeeper(IDataProtectionProvider protection)
{
    private const int Size = HMACSHA256.HashSizeInBytes;

    private readonly IDataProtector _protector = protection.CreateProtector(VaultServices.Purpose, CredentialTally.Key);

    /// <summary>Of no credential.</summary>
    public CredentialTally Make() => Protect([.. RandomNumberGenerator.GetBytes(Size), .. new byte[Size]]);

    /// <summary>Counts a save or a deletion, inside its write and before the version that stands there is replaced.</summary>
    /// <param name="to">The version after, 0 for none.</param>
    public void Move(IRegistryTransaction transaction, ConnectionId connection, long to)
    {
        var from = transaction.Find(CredentialVersion.Collection, connection.Value)?.Version ?? 0;
        var content = Unprotect(transaction.Find(CredentialTally.Collection, CredentialTally.Key) ?? Make());
        Toggle(content, connection, from);
        Toggle(content, connection, to);
        transaction.Put(CredentialTally.Collection, Protect(content));
    }

    /// <summary>Encrypts it anew, under the ring key that protects now.</summary>
    public void Reprotect(IRegistryTransaction transaction)
    {
        if (transaction.Find(CredentialTally.Collection, CredentialTally.Key) is { } tally)
        {
            transaction.Put(CredentialTally.Collection, Protect(Unprotect(tally)));
        }
    }

    /// <summary>Whether these are the versions that were last written, all of them.</summary>
    /// <exception cref="CryptographicException">It was altered.</exception>
    public bool Fits(CredentialTally tally, IEnumerable<CredentialVersion> versions)
    {
        var content = Unprotect(tally);
        foreach (var (connection, version) in versions)
        {
            Toggle(content, connection, version);
        }

        return !content.AsSpan(Size).ContainsAnyExcept((byte)0);
    }

    private static void Toggle(byte[] content, ConnectionId connection, long version)
    {
        if (version == 0)
        {
            return;
        }

        Span<byte> mac = stackalloc byte[Size];
        HMACSHA256.HashData(content.AsSpan(0, Size), Encoding.UTF8.GetBytes($"{version}\0{connection}"), mac);
        for (var i = 0; i < Size; i++)
        {
            content[Size + i] ^= mac[i];
        }
    }

    private CredentialTally Protect(byte[] content) => new(CredentialTally.Key, WebEncoders.Base64UrlEncode(_protector.Protect(content)));

    private byte[] Unprotect(CredentialTally tally)
    {
        try
        {
            return _protector.Unprotect(WebEncoders.Base64UrlDecode(tally.Protected)) is { Length: 2 * Size } content
                ? content
                : throw new CryptographicException("The tally has another length.");
        }
        catch (FormatException e)
        {
            throw new CryptographicException("The tally is not base64.", e);
        }
    }
}
