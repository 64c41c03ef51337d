using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Square;

internal sealed class CatalogObject : WithRaw
{
    public string? Type { get; set; }
    public DateTimeOffset? UpdatedAt { get; set; }
    public long? Version { get; set; }
    public bool? IsDeleted { get; set; }
    public bool? PresentAtAllLocations { get; set; }
    public List<string>? PresentAtLocationIds { get; set; }
    public List<string>? AbsentAtLocationIds { get; set; }
    public CatalogData? ItemData { get; set; }
    public CatalogData? ItemVariationData { get; set; }
    public CatalogData? CategoryData { get; set; }
    public CatalogData? ModifierListData { get; set; }
    public CatalogData? ModifierData { get; set; }
}

/// <summary>The data of an item, variation, category, modifier list or modifier: each has some of these.</summary>
internal sealed class CatalogData
{
    public string? Name { get; set; }
    public string? Description { get; set; }
    public string? CategoryId { get; set; }
    public List<CatalogReference>? Categories { get; set; }
    public CatalogReference? ReportingCategory { get; set; }
    public CatalogReference? ParentCategory { get; set; }
    public List<CatalogObject>? Variations { get; set; }
    public List<CatalogReference>? ModifierListInfo { get; set; }
    public List<string>? TaxIds { get; set; }
    public bool? IsArchived { get; set; }
    public string? ItemId { get; set; }
    public string? Sku { get; set; }
    public string? Upc { get; set; }
    public string? PricingType { get; set; }
    public SquareMoney PriceMoney { get; set; }
    public List<CatalogReference>? LocationOverrides { get; set; }
    public string? SelectionType { get; set; }
    public List<CatalogObject>? Modifiers { get; set; }
    public int? MinSelectedModifiers { get; set; }
    public int? MaxSelectedModifiers { get; set; }
    public string? ModifierListId { get; set; }
}

internal sealed class CatalogReference
{
    public string? Id { get; set; }
    public string? ModifierListId { get; set; }
    public bool? Enabled { get; set; }
    public string? LocationId { get; set; }
    public SquareMoney PriceMoney { get; set; }
}

internal sealed record SearchCatalog(IReadOnlyList<string> ObjectTypes, string? BeginTime, bool? IncludeDeletedObjects, int Limit, string? Cursor);
internal sealed record RetrieveObjects(IReadOnlyList<string> ObjectIds);

/// <summary>Where the catalogue got to.</summary>
/// <param name="Since">What changed after this is still to come.</param>
/// <param name="Next">The same, for when the walk under way is done.</param>
/// <param name="Cursor">Square's cursor within the walk, or null.</param>
/// <param name="Listing">Whether the walk under way is the complete listing.</param>
/// <param name="Round">Counts walks begun anew because their cursor was no longer good.</param>
internal sealed record CatalogCheckpoint(int V, string? Since, string? Next, string? Cursor, bool Listing, int Round);

/// <summary>The catalogue: a complete listing at first, after that what changed, deletions among it.</summary>
internal sealed class CatalogFeed(SquareApi api, TimeProvider clock, CatalogRequest request, Func<CancellationToken, ValueTask<IReadOnlyList<Location>>> locations)
{
    private const int LargestPage = 1000;

    private static readonly string[] Listed = ["ITEM", "CATEGORY", "MODIFIER_LIST"];

    // A variation or modifier that changed comes by itself; its item or list is fetched for it.
    private static readonly string[] Searched = [.. Listed, "ITEM_VARIATION", "MODIFIER"];

    private IReadOnlyList<string>? _everywhere;

    public async IAsyncEnumerable<SyncPage<CatalogEntry>> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var began = clock.GetUtcNow();
        var state = request.From is { } checkpoint ? Read(checkpoint) : await BeginAsync(cancellationToken).ConfigureAwait(false);
        var cursors = new HashSet<string>(StringComparer.Ordinal);
        // Null where an earlier call began the listing: what that one was given is not known here.
        var listed = request.From is null ? new HashSet<string>(StringComparer.Ordinal) : null;
        var more = true;
        while (more)
        {
            var page = await FetchAsync(state, cancellationToken).ConfigureAwait(false);
            if (page is null || (state.Listing && page.Cursor is null && listed is null))
            {
                // A round of its own keeps the checkpoints of the second walk apart from those of the first.
                (listed, cursors) = (new HashSet<string>(StringComparer.Ordinal), page is null ? cursors : []);
                state = state with { Cursor = null, Next = null, Round = state.Cursor is null ? throw Broken("refuses a cursor that was not sent") : state.Round + 1 };
                continue;
            }

            listed?.UnionWith(page.Items.Select(item => item.Id));
            if (page.Cursor is { } next ? !cursors.Add(next) : listed is not null && state.Listing && !await IsAllAsync(listed, cancellationToken).ConfigureAwait(false))
            {
                throw Broken(page.Cursor is null ? "ended without a cursor although more follows" : "came with a cursor that had been there before");
            }

            more = page.Cursor is not null;
            var (listing, latest) = (state.Listing, state.Next ?? page.LatestTime ?? state.Since);
            state = more ? state with { Cursor = page.Cursor, Next = listing ? null : latest } : new CatalogCheckpoint(1, listing ? state.Since : latest, null, null, false, 0);
            var changes = await MapAsync(page.Items, cancellationToken).ConfigureAwait(false);
            yield return new SyncPage<CatalogEntry>(changes, new Checkpoint(JsonSerializer.Serialize(state, SquareJson.Default.CatalogCheckpoint)))
            {
                Listing = !listing ? Listing.None : more ? Listing.Part : Listing.End,
                CompleteUntil = more ? null : began,
            };
        }
    }

    // A search tells of the same in pages ten times as large.
    private Task<bool> IsAllAsync(HashSet<string> listed, CancellationToken cancellationToken)
        => WholeListing.HoldsJustAsync(listed, static entry => entry.Id, cursor => SearchAsync(new SearchCatalog(Listed, null, null, LargestPage, cursor), cancellationToken));

    // The time to go on from is taken before the listing starts, so that what changes meanwhile comes again and is not missed.
    private async Task<CatalogCheckpoint> BeginAsync(CancellationToken cancellationToken)
    {
        var search = new SearchCatalog(Listed, null, null, 1, null);
        var page = await SearchAsync(search, cancellationToken).ConfigureAwait(false);
        return new CatalogCheckpoint(1, page?.LatestTime ?? SquareApi.Text(clock.GetUtcNow().AddMinutes(-5)), null, null, true, 0);
    }

    private Task<SquarePage<CatalogObject>?> FetchAsync(CatalogCheckpoint state, CancellationToken cancellationToken)
    {
        var cursor = state.Cursor is null ? "" : $"&cursor={Uri.EscapeDataString(state.Cursor)}";
        return state.Listing
            ? api.PageAsync($"v2/catalog/list?types={string.Join(',', Listed)}{cursor}", "objects", SquareJson.Default.CatalogObject, cancellationToken)
            : SearchAsync(new SearchCatalog(Searched, state.Since, true, Math.Clamp(request.PageSize, 1, LargestPage), state.Cursor), cancellationToken);
    }

    private Task<SquarePage<CatalogObject>?> SearchAsync(SearchCatalog search, CancellationToken cancellationToken)
        => api.PageAsync("v2/catalog/search", "objects", SquareJson.Default.CatalogObject, cancellationToken, JsonSerializer.SerializeToUtf8Bytes(search, SquareJson.Default.SearchCatalog));

    private async Task<List<Change<CatalogEntry>>> MapAsync(List<CatalogObject> objects, CancellationToken cancellationToken)
    {
        var here = objects.Select(o => o.Id).ToHashSet(StringComparer.Ordinal);
        var parents = objects.Select(o => o.ItemVariationData?.ItemId ?? o.ModifierData?.ModifierListId).OfType<string>().Where(here.Add).ToArray();
        if (parents.Length > 0)
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(new RetrieveObjects(parents), SquareJson.Default.RetrieveObjects);
            var page = await api.PageAsync("v2/catalog/batch-retrieve", "objects", SquareJson.Default.CatalogObject, cancellationToken, body).ConfigureAwait(false);
            objects = [.. objects, .. page?.Items ?? []];
        }

        var changes = new List<Change<CatalogEntry>>(objects.Count);
        foreach (var entry in objects.Where(o => Listed.Contains(o.Type)))
        {
            if (entry.PresentAtAllLocations != false && entry.AbsentAtLocationIds is { Count: > 0 })
            {
                _everywhere ??= [.. (await locations(cancellationToken).ConfigureAwait(false)).Select(location => location.Ref.Id)];
            }

            changes.Add(entry.IsDeleted == true ? Change.Delete<CatalogEntry>(entry.Id) : Change.Upsert(entry.Id, Map(entry), entry.Raw));
        }

        return changes;
    }

    private CatalogEntry Map(CatalogObject entry)
    {
        var id = new ExternalRef(SquareDriver.Service, entry.Id, entry.Version?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return entry.Type switch
        {
            "CATEGORY" => new Category { Ref = id, Name = entry.CategoryData?.Name ?? "", ModifiedAt = entry.UpdatedAt, ParentId = entry.CategoryData?.ParentCategory?.Id },
            "MODIFIER_LIST" => MapGroup(id, entry, entry.ModifierListData ?? new CatalogData()),
            _ => MapItem(id, entry, entry.ItemData ?? new CatalogData()),
        };
    }

    private CatalogItem MapItem(ExternalRef id, CatalogObject entry, CatalogData item) => new()
    {
        Ref = id,
        Name = item.Name ?? "",
        ModifiedAt = entry.UpdatedAt,
        Description = item.Description,
        CategoryIds = item.Categories is { Count: > 0 } categories
            ? [.. categories.Select(category => category.Id).OfType<string>()]
            : (item.ReportingCategory?.Id ?? item.CategoryId) is { } only ? [only] : [],
        Variations = [.. (item.Variations ?? []).Where(variation => variation.IsDeleted != true).Select(MapVariation)],
        ModifierGroupIds = [.. (item.ModifierListInfo ?? []).Where(list => list.Enabled != false).Select(list => list.ModifierListId).OfType<string>()],
        TaxIds = item.TaxIds ?? [],
        Active = item.IsArchived != true,
        LocationIds = (entry.PresentAtAllLocations, entry.AbsentAtLocationIds) switch
        {
            (false, _) => entry.PresentAtLocationIds ?? [],
            (_, { Count: > 0 } absent) => [.. (_everywhere ?? []).Except(absent, StringComparer.Ordinal)],
            _ => null,
        },
    };

    private Variation MapVariation(CatalogObject entry)
    {
        var variation = entry.ItemVariationData ?? new CatalogData();
        var prices = (variation.LocationOverrides ?? []).Where(place => place is { LocationId: not null, PriceMoney.Currency: not null })
            .ToDictionary(place => place.LocationId ?? "", place => Of(place.PriceMoney), StringComparer.Ordinal);
        return new Variation
        {
            Id = entry.Id,
            Name = variation.Name ?? "",
            Sku = variation.Sku,
            Barcode = variation.Upc,
            PriceKind = variation.PricingType switch { "FIXED_PRICING" => PriceKind.Fixed, "VARIABLE_PRICING" => PriceKind.Open, _ => PriceKind.Rule },
            Price = variation.PriceMoney.Currency is null ? null : Of(variation.PriceMoney),
            LocationPrices = prices.Count == 0 ? null : prices,
        };
    }

    // Square writes 0 or -1 where there is no limit.
    private ModifierGroup MapGroup(ExternalRef id, CatalogObject entry, CatalogData list) => new()
    {
        Ref = id,
        Name = list.Name ?? "",
        ModifiedAt = entry.UpdatedAt,
        Min = Math.Max(0, list.MinSelectedModifiers ?? 0),
        Max = list.MaxSelectedModifiers > 0 ? list.MaxSelectedModifiers : list.SelectionType == "SINGLE" ? 1 : null,
        Options = [.. (list.Modifiers ?? []).Where(option => option.IsDeleted != true).Select(option => new ModifierOption
        {
            Id = option.Id,
            Name = option.ModifierData?.Name ?? "",
            Price = option.ModifierData?.PriceMoney is { Currency: not null } price ? Of(price) : null,
        })],
    };

    private Money Of(SquareMoney money) => new(money.Amount, money.Currency ?? request.Currency ?? "USD");

    private static DriverException Broken(string why) => new(FailureKind.Transient, $"Square's catalogue {why}; nothing is believed until it is whole.") { IsSuspect = true };

    private static CatalogCheckpoint Read(Checkpoint checkpoint)
    {
        try
        {
            return JsonSerializer.Deserialize(checkpoint.Value, SquareJson.Default.CatalogCheckpoint) is { V: 1 } state ? state : throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Misconfigured, "The checkpoint of the catalogue cannot be read; reset it.", inner: e);
        }
    }
}
