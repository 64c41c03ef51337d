using System.Globalization;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed;

/// <summary>What happens at the locations while a test runs: documents are added, none ever changes. Safe to use from several threads.</summary>
public sealed class LightspeedChanges
{
    private readonly DocumentBook _book;
    private readonly IReadOnlyList<Menu> _menus;
    private readonly TimeProvider _clock;

    internal LightspeedChanges(DocumentBook book, IReadOnlyList<Menu> menus, TimeProvider clock) => (_book, _menus, _clock) = (book, menus, clock);

    // The service tells milliseconds; what closes now is in every list that is asked for now.
    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(_clock.GetUtcNow().ToUnixTimeMilliseconds() - 1);

    /// <summary>Closes a sale. Returns its accountFiscId.</summary>
    /// <param name="location">Where.</param>
    /// <param name="ago">How long ago it was closed, at a till that was offline since.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public string AddSale(string location, TimeSpan ago = default) => _book.Add(DocumentKind.Regular, At(location), Now - ago).FiscId;

    /// <summary>Closes a refund of a sale now. Returns the refund's accountFiscId.</summary>
    /// <param name="sale">The sale's accountFiscId.</param>
    /// <param name="whole">All of it, with the tip, or its first line alone.</param>
    /// <exception cref="ArgumentException">There is no such sale.</exception>
    public string Refund(string sale, bool whole = true) => _book.Refund(sale, whole, Now).FiscId;

    /// <summary>The ids of a location's items.</summary>
    /// <param name="location">The location.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public IReadOnlyList<string> ItemIds(string location) => Change(location, menu => menu.Items.ConvertAll(item => item.Id.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Adds an item. Returns its id.</summary>
    /// <param name="location">The location.</param>
    /// <param name="name">Its name.</param>
    /// <param name="minor">Its price in the currency's smallest unit.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public long AddItem(string location, string name, long minor) => Change(location, menu => menu.Add(name, minor).Id);

    /// <summary>Renames an item.</summary>
    /// <param name="location">The location.</param>
    /// <param name="item">The item's id.</param>
    /// <param name="name">Its new name.</param>
    /// <exception cref="ArgumentException">There is no such location or item.</exception>
    public void RenameItem(string location, long item, string name) => Change(location, menu => menu.Find(item).Name = name);

    /// <summary>Archives an item: it stays listed and can no longer be sold.</summary>
    /// <param name="location">The location.</param>
    /// <param name="item">The item's id.</param>
    /// <exception cref="ArgumentException">There is no such location or item.</exception>
    public void ArchiveItem(string location, long item) => Change(location, menu => menu.Find(item).Active = false);

    /// <summary>Takes an item out of the list.</summary>
    /// <param name="location">The location.</param>
    /// <param name="item">The item's id.</param>
    /// <exception cref="ArgumentException">There is no such location or item.</exception>
    public void RemoveItem(string location, long item) => Change(location, menu => menu.Items.Remove(menu.Find(item)));

    private static Place At(string location) => Places.Find(location) ?? throw new ArgumentException($"There is no location {location}.", nameof(location));

    private T Change<T>(string location, Func<Menu, T> change)
    {
        var menu = _menus[At(location).Index];
        return _book.Guard(() => change(menu));
    }
}
