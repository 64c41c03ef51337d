using System.Runtime.CompilerServices;
using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Toast;

internal sealed class ToastMenus
{
    public string? RestaurantGuid { get; set; }
    public string? LastUpdated { get; set; }
    public List<ToastMenuGroup>? Menus { get; set; }
    public Dictionary<string, ToastModifierGroup>? ModifierGroupReferences { get; set; }
    public Dictionary<string, ToastMenuItem>? ModifierOptionReferences { get; set; }
}

/// <summary>A menu or, below one, a group of items.</summary>
internal sealed record ToastMenuGroup(string? Guid, string? Name, List<ToastMenuGroup>? MenuGroups, List<ToastMenuItem>? MenuItems);

/// <summary>An item, or an option of a modifier group.</summary>
internal sealed record ToastMenuItem(
    string? Guid, string? Name, string? Description, decimal? Price, string? PricingStrategy, string? Sku, string? Plu, Named? SalesCategory, List<string>? TaxInfo, List<string>? Visibility, List<long>? ModifierGroupReferences);

internal sealed record ToastModifierGroup(string? Guid, string? Name, int? MinSelections, int? MaxSelections, string? RequiredMode, List<long>? ModifierOptionReferences);

/// <summary>Where the menus got to.</summary>
/// <param name="Published">When the menus were published that have been handed over whole; null before the first.</param>
/// <param name="Part">Entries of the listing under way that have been handed over; zero between listings.</param>
/// <param name="Listed">When the menus were published that are being listed; null between listings.</param>
internal sealed record MenuCheckpoint(int V, string? Published, int Part, string? Listed = null);

/// <summary>The menus of one restaurant: a whole listing whenever they were published anew, and nothing otherwise.</summary>
internal sealed class MenuFeed(ToastApi api, TimeProvider clock, CatalogRequest request, Location location)
{
    private const int LargestPage = 1000;

    /// <summary>In place of a time, for a restaurant that has published nothing.</summary>
    private const string Nothing = "";

    private readonly Dictionary<string, CatalogEntry> _entries = new(StringComparer.OrdinalIgnoreCase);

    public async IAsyncEnumerable<SyncPage<CatalogEntry>> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var began = clock.GetUtcNow();
        var state = request.From is { } checkpoint ? Read(checkpoint) : new MenuCheckpoint(1, null, 0);
        var probe = await api.MenusAsync(location.Ref.Id, whole: false, cancellationToken).ConfigureAwait(false);
        if (state.Part == 0 && state.Published is not null && state.Published == (probe?.LastUpdated ?? Nothing))
        {
            yield break;
        }

        var menus = probe is null ? null : await api.MenusAsync(location.Ref.Id, whole: true, cancellationToken).ConfigureAwait(false);
        if (menus is null && state.Published is { Length: > 0 })
        {
            // All entries would be taken for deleted, and Toast gives the same answer for a wrong GUID.
            throw new DriverException(FailureKind.Misconfigured, $"Toast has no published menus any more for restaurant {location.Ref.Id}; publish them there.");
        }

        // One answer holds them all: a listing that was broken off goes on in it, and begins anew in menus that were published since.
        Collect(menus);
        var listed = menus?.LastUpdated ?? Nothing;
        var part = state.Listed == listed ? state.Part : 0;
        var pages = _entries.Values.Skip(part).Chunk(Math.Clamp(request.PageSize, 1, LargestPage)).ToList();
        for (var i = 0; i < Math.Max(1, pages.Count); i++)
        {
            var last = i >= pages.Count - 1;
            var changes = i < pages.Count ? pages[i].Select(static entry => Change.Upsert(entry.Ref.Id, entry)).ToList() : [];
            part += changes.Count;
            var next = last ? new MenuCheckpoint(1, listed, 0) : new MenuCheckpoint(1, state.Published, part, listed);
            yield return new SyncPage<CatalogEntry>(changes, new Checkpoint(JsonSerializer.Serialize(next, ToastJson.Default.MenuCheckpoint)))
            {
                Listing = last ? Listing.End : Listing.Part,
                CompleteUntil = last ? began : null,
            };
        }
    }

    private void Collect(ToastMenus? menus)
    {
        var groups = menus?.ModifierGroupReferences ?? [];
        foreach (var menu in menus?.Menus ?? [])
        {
            Collect(menu, null, groups);
        }

        foreach (var group in groups.Values)
        {
            if (group.Guid is { } guid)
            {
                _entries[guid] = MapGroup(guid, group, menus?.ModifierOptionReferences ?? []);
            }
        }
    }

    private void Collect(ToastMenuGroup group, string? parent, Dictionary<string, ToastModifierGroup> modifiers)
    {
        if (group.Guid is not { } guid)
        {
            return;
        }

        _entries[guid] = new Category { Ref = Ref(guid), Name = group.Name ?? "", ParentId = parent };
        foreach (var item in group.MenuItems ?? [])
        {
            Add(item, guid, modifiers);
        }

        foreach (var below in group.MenuGroups ?? [])
        {
            Collect(below, guid, modifiers);
        }
    }

    // An item may stand in several groups; prices that differ between them follow a rule that the entry cannot hold.
    private void Add(ToastMenuItem item, string group, Dictionary<string, ToastModifierGroup> modifiers)
    {
        if (item.Guid is not { } guid)
        {
            return;
        }

        if (item.SalesCategory is { Guid: { } category })
        {
            _entries.TryAdd(category, new Category { Ref = Ref(category), Name = item.SalesCategory.Name ?? "" });
        }

        var made = Map(guid, item, group, modifiers);
        if (_entries.GetValueOrDefault(guid) is CatalogItem known)
        {
            var variation = known.Variations[0];
            made = known with
            {
                CategoryIds = [.. known.CategoryIds.Union(made.CategoryIds, StringComparer.OrdinalIgnoreCase)],
                ModifierGroupIds = [.. known.ModifierGroupIds.Union(made.ModifierGroupIds, StringComparer.OrdinalIgnoreCase)],
                Active = known.Active || made.Active,
                Variations = [variation == made.Variations[0] ? variation : variation with { PriceKind = PriceKind.Rule, Price = null }],
            };
        }

        _entries[guid] = made;
    }

    private CatalogItem Map(string guid, ToastMenuItem item, string group, Dictionary<string, ToastModifierGroup> modifiers) => new()
    {
        Ref = Ref(guid),
        Name = item.Name ?? "",
        Description = Text(item.Description),
        CategoryIds = item.SalesCategory?.Guid is { } category ? [group, category] : [group],
        Variations =
        [
            new Variation
            {
                Id = guid,
                Name = item.Name ?? "",
                Sku = Text(item.Sku),
                Barcode = Text(item.Plu),
                PriceKind = item.PricingStrategy switch { "OPEN_PRICE" => PriceKind.Open, null or "BASE_PRICE" or "MENU_SPECIFIC_PRICE" => PriceKind.Fixed, _ => PriceKind.Rule },
                Price = PriceOf(item),
            },
        ],
        ModifierGroupIds = [.. (item.ModifierGroupReferences ?? []).Select(reference => modifiers.GetValueOrDefault(Key(reference))?.Guid).OfType<string>()],
        TaxIds = item.TaxInfo ?? [],
        // Seen nowhere, it can be sold nowhere.
        Active = item.Visibility is not { Count: 0 },
        LocationIds = [location.Ref.Id],
    };

    private ModifierGroup MapGroup(string guid, ToastModifierGroup group, Dictionary<string, ToastMenuItem> options) => new()
    {
        Ref = Ref(guid),
        Name = group.Name ?? "",
        Min = Math.Max(group.MinSelections ?? 0, group.RequiredMode == "REQUIRED" ? 1 : 0),
        Max = group.MaxSelections,
        Options =
        [
            .. (group.ModifierOptionReferences ?? []).Select(reference => options.GetValueOrDefault(Key(reference))).OfType<ToastMenuItem>()
                .Where(static option => option.Guid is not null)
                .Select(option => new ModifierOption { Id = option.Guid ?? "", Name = option.Name ?? "", Price = PriceOf(option) }),
        ],
    };

    private Money? PriceOf(ToastMenuItem item) => item.Price is { } price && Math.Abs(price) < 1e12m ? Money.FromMajor(price, location.Currency, out _) : null;

    private static ExternalRef Ref(string guid) => new(ToastDriver.Service, guid);

    private static string Key(long reference) => reference.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static MenuCheckpoint Read(Checkpoint checkpoint)
    {
        try
        {
            return JsonSerializer.Deserialize(checkpoint.Value, ToastJson.Default.MenuCheckpoint) is { V: 1 } state ? state : throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Misconfigured, "The checkpoint of this restaurant's menus cannot be read; reset it.", inner: e);
        }
    }
}
