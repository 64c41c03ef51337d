using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Undoes <see cref="RingWrapper"/>. DataProtection makes it by its name, which stands in the ring: neither may change.</summary>
internal sealed class RingUnwrapper(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) => Unwrap(encryptedElement, services.GetRequiredService<MasterKeys>());

    /// <exception cref="CryptographicException">It was altered, or its master key is not among these.</exception>
    public static XElement Unwrap(XElement wrapped, MasterKeys masters)
    {
        var master = masters.Of((string?)wrapped.Attribute(RingWrapper.Kid));
        var blob = Convert.FromBase64String(wrapped.Value);
        if (blob.Length < RingWrapper.SaltSize)
        {
            throw new CryptographicException("The wrapped ring key is cut short.");
        }

        using var cipher = RingWrapper.Cipher(master, blob.AsSpan(0, RingWrapper.SaltSize));
        var plaintext = cipher.Open(blob.AsSpan(RingWrapper.SaltSize), Encoding.UTF8.GetBytes(master.Id));
        var element = XElement.Parse(Encoding.UTF8.GetString(plaintext));
        CryptographicOperations.ZeroMemory(plaintext);
        return element;
    }
}
