using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Undoes <see cref="RingWrapper"/>. DataProtection makes it by its name, which stands in the ring: neither may change.</summary>
internal sealed class RingUnwrapper(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var master = services.GetRequiredService<MasterKey>();
        var kid = (string?)encryptedElement.Attribute(RingWrapper.Kid);
        if (kid != master.Id)
        {
            throw new CryptographicException($"The ring key was wrapped by master key {kid}, and {master} was given.");
        }

        var blob = Convert.FromBase64String(encryptedElement.Value);
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
