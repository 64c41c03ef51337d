using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>One element of the key ring as DataProtection writes it; its secret part is wrapped by the master key.</summary>
internal sealed record RingEntry(string Id, string Xml)
{
    public static readonly RegistryCollection<RingEntry> Collection = new("keyring", e => e.Id, CredentialsJson.Default.RingEntry);
}
