using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// Wraps a ring key: AES-256-GCM under a key of its own, HKDF(master key, salt), with the master key's id beside it,
/// so that entries of several master keys can stand in one ring.
/// </summary>
internal sealed class RingWrapper(MasterKeys masters) : IXmlEncryptor
{
    public const int SaltSize = 32;

    public static readonly XName Wrapped = "wrappedKey";
    public static readonly XName Kid = "kid";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement) => new(Wrap(plaintextElement, masters.Current), typeof(RingUnwrapper));

    private static XElement Wrap(XElement plaintextElement, MasterKey master)
    {
        var plaintext = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        using var cipher = Cipher(master, salt);
        var sealedKey = cipher.Seal(plaintext, Encoding.UTF8.GetBytes(master.Id));
        CryptographicOperations.ZeroMemory(plaintext);
        return new XElement(Wrapped, new XAttribute(Kid, master.Id), Convert.ToBase64String([.. salt, .. sealedKey]));
    }

    /// <summary>The ids of the master keys that a ring entry is wrapped by: one for a key, none for a revocation.</summary>
    /// <exception cref="System.Xml.XmlException">It is no XML.</exception>
    public static IEnumerable<string> KidsOf(RingEntry entry) => XElement.Parse(entry.Xml).Descendants(Wrapped).Select(wrapped => (string?)wrapped.Attribute(Kid) ?? "");

    /// <summary>The entry under another master key; itself where it is there already.</summary>
    /// <exception cref="CryptographicException">It was altered, or its master key is not known.</exception>
    public static RingEntry Rewrap(RingEntry entry, MasterKeys masters, MasterKey to)
    {
        var element = XElement.Parse(entry.Xml);
        var others = element.Descendants(Wrapped).Where(wrapped => (string?)wrapped.Attribute(Kid) != to.Id).ToList();
        others.ForEach(wrapped => wrapped.ReplaceWith(Wrap(RingUnwrapper.Unwrap(wrapped, masters), to)));
        return others.Count == 0 ? entry : entry with { Xml = element.ToString(SaveOptions.DisableFormatting) };
    }

    public static Aes256Gcm Cipher(MasterKey master, ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[MasterKey.Size];
        master.Derive(key, salt, "Sous.KeyRing.v1"u8);
        return new Aes256Gcm(key);
    }
}
