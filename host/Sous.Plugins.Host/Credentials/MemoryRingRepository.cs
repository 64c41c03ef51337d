using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Sous.Plugins.Host.Credentials;

/// <summary>A ring in memory: for looking at one before it may be used, and for making the first.</summary>
internal sealed class MemoryRingRepository(IEnumerable<RingEntry> entries) : IXmlRepository
{
    private readonly List<RingEntry> _entries = [.. entries];

    public IReadOnlyList<RingEntry> Entries => _entries;

    public static RingEntry Entry(XElement element, string friendlyName)
    {
        // The full name carries the host's version, and an older host could not load it after a step back.
        foreach (var type in element.DescendantsAndSelf().Attributes("decryptorType"))
        {
            type.Value = $"{typeof(RingUnwrapper).FullName}, {typeof(RingUnwrapper).Assembly.GetName().Name}";
        }

        return new RingEntry(friendlyName, element.ToString(SaveOptions.DisableFormatting));
    }

    public IReadOnlyCollection<XElement> GetAllElements() => [.. _entries.Select(e => XElement.Parse(e.Xml))];

    public void StoreElement(XElement element, string friendlyName) => _entries.Add(Entry(element, friendlyName));
}
