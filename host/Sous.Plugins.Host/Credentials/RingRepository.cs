using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>The key ring's place: the registry, so that one backup holds both the ring and what it protects.</summary>
internal sealed class RingRepository(IRegistry registry) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. registry.ListAsync(RingEntry.Collection, "", CancellationToken.None).AsTask().GetAwaiter().GetResult().Select(e => XElement.Parse(e.Xml))];

    public void StoreElement(XElement element, string friendlyName)
    {
        var entry = MemoryRingRepository.Entry(element, friendlyName);
        registry.WriteAsync(t => t.Put(RingEntry.Collection, entry), CancellationToken.None).GetAwaiter().GetResult();
    }
}
