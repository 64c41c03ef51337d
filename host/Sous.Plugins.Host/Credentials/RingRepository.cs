using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>The key ring's place: the registry, so that one backup holds both the ring and what it protects.</summary>
internal sealed class RingRepository(IRegistry registry, MasterKeys masters) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. registry.ListAsync(RingEntry.Collection, "", CancellationToken.None).AsTask().GetAwaiter().GetResult().Select(e => XElement.Parse(e.Xml))];

    public void StoreElement(XElement element, string friendlyName)
    {
        var entry = MemoryRingRepository.Entry(element, friendlyName);
        registry.WriteAsync(transaction => transaction.Put(RingEntry.Collection, AsTheOthers(transaction, entry)), CancellationToken.None).GetAwaiter().GetResult();
    }

    // The master key may have changed since the element was wrapped, and a ring under two of them would forbid the next start.
    private RingEntry AsTheOthers(IRegistryTransaction transaction, RingEntry entry) =>
        transaction.List(RingEntry.Collection, "").SelectMany(RingWrapper.KidsOf).FirstOrDefault() is { } kid
            ? RingWrapper.Rewrap(entry, masters, masters.Of(kid))
            : entry;
}
