using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// Wraps a ring key: AES-256-GCM under a key of its own, HKDF(master key, salt), with the master key's id beside it,
/// so that entries of several master keys can stand in one ring.
/// </summary>
internal sealed class RingWrapper(MasterKey master) : IXmlEncryptor
{
    public const int SaltSize = 32;

    public static readonly XName Wrapped = "wrappedKey";
    public static readonly XName Kid = "kid";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plaintext = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        using var cipher = Cipher(master, salt);
        var sealedKey = cipher.Seal(plaintext, Encoding.UTF8.GetBytes(master.Id));
        CryptographicOperations.ZeroMemory(plaintext);
        return new EncryptedXmlInfo(
            new XElement(Wrapped, new XAttribute(Kid, master.Id), Convert.ToBase64String([.. salt, .. sealedKey])),
            typeof(RingUnwrapper));
    }

    public static Aes256Gcm Cipher(MasterKey master, ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[MasterKey.Size];
        master.Derive(key, salt, "Sous.KeyRing.v1"u8);
        return new Aes256Gcm(key);
    }
}
