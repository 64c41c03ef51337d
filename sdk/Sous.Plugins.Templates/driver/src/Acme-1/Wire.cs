using System.Text.Json;
using System.Text.Json.Serialization;

namespace Acme_1;

internal sealed record AccountAnswer(string Id, string Name);

internal sealed record LocationsAnswer(IReadOnlyList<WireLocation> Locations);

internal sealed record WireLocation(string Id, string Name, string TimeZone, string Currency, bool Open);

/// <summary>Sales by their time of change; <c>Next</c> goes on from there, now or in a year, and <c>More</c> says whether that gives any now.</summary>
internal sealed record SalesAnswer(IReadOnlyList<JsonElement> Sales, string? Next, bool More);

internal sealed record WireSale(
    string Id, string Location, string Number, string Status, string Currency, DateTimeOffset OpenedAt, DateTimeOffset ClosedAt, DateTimeOffset ModifiedAt,
    long Tax, long Total, IReadOnlyList<WireLine> Lines, IReadOnlyList<WirePayment> Payments);

internal sealed record WireLine(string Id, string Item, string Name, decimal Quantity, long Price, long Amount);

internal sealed record WirePayment(string Id, string Method, long Amount, long Tip, DateTimeOffset At);

/// <summary>All items in pages; without <c>Next</c> it is the last one.</summary>
internal sealed record ItemsAnswer(IReadOnlyList<JsonElement> Items, string? Next);

internal sealed record WireItem(string Id, string Name, string? Sku, long Price, string Currency, bool Sold);

/// <summary>Generated: reflection over the service's types would be slower, and would keep a replaced driver in memory.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AccountAnswer))]
[JsonSerializable(typeof(LocationsAnswer))]
[JsonSerializable(typeof(SalesAnswer))]
[JsonSerializable(typeof(WireSale))]
[JsonSerializable(typeof(ItemsAnswer))]
[JsonSerializable(typeof(WireItem))]
internal sealed partial class WireJson : JsonSerializerContext;
