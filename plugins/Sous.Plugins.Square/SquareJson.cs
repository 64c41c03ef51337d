using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Square;

/// <summary>What Square sends and is sent: only the members used. Words that may be new to us stay text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SquareOrder))]
[JsonSerializable(typeof(SquarePayment))]
[JsonSerializable(typeof(SquareRefund))]
[JsonSerializable(typeof(SquareLocation))]
[JsonSerializable(typeof(SquareMerchant))]
[JsonSerializable(typeof(SquareTokenStatus))]
[JsonSerializable(typeof(SquareEvent))]
[JsonSerializable(typeof(SquareErrors))]
[JsonSerializable(typeof(CatalogObject))]
[JsonSerializable(typeof(SearchOrders))]
[JsonSerializable(typeof(RetrieveOrders))]
[JsonSerializable(typeof(SearchCatalog))]
[JsonSerializable(typeof(RetrieveObjects))]
[JsonSerializable(typeof(SalesCheckpoint))]
[JsonSerializable(typeof(CatalogCheckpoint))]
internal sealed partial class SquareJson : JsonSerializerContext;

/// <summary>An amount as Square writes it; without a currency where the member is missing.</summary>
[JsonConverter(typeof(SquareMoneyReader))]
internal readonly record struct SquareMoney(long Amount, string? Currency);

/// <summary>A record that is handed on with the bytes that it came as, a slice of its page.</summary>
internal abstract class WithRaw
{
    public string Id { get; set; } = "";
    [JsonIgnore] public ReadOnlyMemory<byte> Raw { get; set; }
}

internal sealed class SquareOrder : WithRaw
{
    public DateTimeOffset? CreatedAt { get; set; }
    public DateTimeOffset? UpdatedAt { get; set; }
    public DateTimeOffset? ClosedAt { get; set; }
    [JsonConverter(typeof(Word))] public string? State { get; set; }
    public long? Version { get; set; }
    public string? TicketName { get; set; }
    public OrderPart? Source { get; set; }
    public List<OrderPart>? Fulfillments { get; set; }
    public List<OrderLine>? LineItems { get; set; }
    public List<OrderPart>? Taxes { get; set; }
    public List<OrderPart>? Discounts { get; set; }
    public List<OrderPart>? ServiceCharges { get; set; }
    public List<OrderReturn>? Returns { get; set; }
    public List<Tender>? Tenders { get; set; }
    public Amounted? RoundingAdjustment { get; set; }
    public SquareMoney TotalMoney { get; set; }
    public SquareMoney TotalTaxMoney { get; set; }
    public SquareMoney TotalDiscountMoney { get; set; }
    public SquareMoney TotalTipMoney { get; set; }
    public SquareMoney TotalServiceChargeMoney { get; set; }
}

/// <summary>A tax, discount, service charge, source or fulfillment: they share what is used of them.</summary>
internal sealed class OrderPart
{
    public string? Uid { get; set; }
    [JsonConverter(typeof(Word))] public string? CatalogObjectId { get; set; }
    [JsonConverter(typeof(Word))] public string? Name { get; set; }
    [JsonConverter(typeof(Word))] public string? Type { get; set; }
    [JsonConverter(typeof(Word))] public string? Scope { get; set; }
    [JsonConverter(typeof(DecimalText))] public decimal? Percentage { get; set; }
    public SquareMoney AppliedMoney { get; set; }
    public SquareMoney TotalTaxMoney { get; set; }
}

/// <summary>A line sold or, under the names of a return, given back.</summary>
internal sealed class OrderLine
{
    public string? Uid { get; set; }
    public string? SourceLineItemUid { get; set; }
    [JsonConverter(typeof(Word))] public string? Name { get; set; }
    [JsonConverter(typeof(DecimalText))] public decimal? Quantity { get; set; }
    public QuantityUnit? QuantityUnit { get; set; }
    [JsonConverter(typeof(Word))] public string? CatalogObjectId { get; set; }
    [JsonConverter(typeof(Word))] public string? VariationName { get; set; }
    [JsonConverter(typeof(Word))] public string? ItemType { get; set; }
    public List<LineModifier>? Modifiers { get; set; }
    public List<LineModifier>? ReturnModifiers { get; set; }
    public List<Applied>? AppliedTaxes { get; set; }
    public List<Applied>? AppliedDiscounts { get; set; }
    public SquareMoney BasePriceMoney { get; set; }
    public SquareMoney GrossSalesMoney { get; set; }
    public SquareMoney GrossReturnMoney { get; set; }
    public SquareMoney TotalTaxMoney { get; set; }
    public SquareMoney TotalDiscountMoney { get; set; }
    public SquareMoney TotalServiceChargeMoney { get; set; }
    public SquareMoney TotalMoney { get; set; }
}

internal sealed class QuantityUnit
{
    public Dictionary<string, JsonElement>? MeasurementUnit { get; set; }
}

internal sealed class LineModifier
{
    public string? Uid { get; set; }
    [JsonConverter(typeof(Word))] public string? CatalogObjectId { get; set; }
    [JsonConverter(typeof(Word))] public string? Name { get; set; }
    [JsonConverter(typeof(DecimalText))] public decimal? Quantity { get; set; }
    public SquareMoney TotalPriceMoney { get; set; }
}

/// <summary>A tax's or discount's share of a line.</summary>
internal sealed class Applied
{
    public string? TaxUid { get; set; }
    public string? DiscountUid { get; set; }
    public SquareMoney AppliedMoney { get; set; }
}

internal sealed class OrderReturn
{
    public string? SourceOrderId { get; set; }
    public List<OrderLine>? ReturnLineItems { get; set; }
    public List<OrderPart>? ReturnTaxes { get; set; }
    public List<OrderPart>? ReturnDiscounts { get; set; }
    public List<OrderPart>? ReturnServiceCharges { get; set; }
    public Amounted? RoundingAdjustment { get; set; }
    public ReturnAmounts? ReturnAmounts { get; set; }
}

internal sealed class ReturnAmounts
{
    public SquareMoney TotalMoney { get; set; }
    public SquareMoney TaxMoney { get; set; }
    public SquareMoney DiscountMoney { get; set; }
    public SquareMoney TipMoney { get; set; }
    public SquareMoney ServiceChargeMoney { get; set; }
}

internal sealed record SearchOrders(IReadOnlyList<string> LocationIds, OrdersQuery Query, int Limit, string? Cursor);
internal sealed record OrdersQuery(OrdersFilter Filter, OrdersSort Sort);
internal sealed record OrdersFilter(OrdersTimes DateTimeFilter);
internal sealed record OrdersTimes(TimeRange? UpdatedAt, TimeRange? CreatedAt);
internal sealed record TimeRange(string StartAt, string EndAt);
internal sealed record OrdersSort(string SortField, string SortOrder);
internal sealed record RetrieveOrders(string? LocationId, IReadOnlyList<string> OrderIds);

/// <summary>Reads an amount without making a string of its currency each time.</summary>
internal sealed class SquareMoneyReader : JsonConverter<SquareMoney>
{
    // No bill comes near it, and thousands of such amounts still add up within 64 bits.
    private const long Largest = 1_000_000_000_000_000;

    public override bool HandleNull => true;

    public override SquareMoney Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        var (amount, currency) = (0L, (string?)null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("amount"u8))
            {
                reader.Read();
                amount = reader.TokenType == JsonTokenType.Null ? 0 : reader.GetInt64() is >= -Largest and <= Largest and var read ? read : throw new JsonException();
            }
            else if (reader.ValueTextEquals("currency"u8))
            {
                reader.Read();
                currency = Word.Of(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return new SquareMoney(amount, currency);
    }

    public override void Write(Utf8JsonWriter writer, SquareMoney value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>A decimal number written as text; what cannot be read is absent, and the sale says so.</summary>
internal sealed class DecimalText : JsonConverter<decimal?>
{
    public override decimal? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetDecimal(out var number) => number,
        JsonTokenType.String when Utf8Parser.TryParse(reader.ValueSpan, out decimal value, out var used) && used == reader.ValueSpan.Length => value,
        JsonTokenType.String or JsonTokenType.Number or JsonTokenType.Null => null,
        _ => throw new JsonException(),
    };

    public override void Write(Utf8JsonWriter writer, decimal? value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>Text that comes again and again (states, item names, ids of the menu): made once and kept in a table of fixed size.</summary>
internal sealed class Word : JsonConverter<string>
{
    private const int LongestKept = 64;
    private static readonly Kept?[] Table = new Kept?[2048];

    public static string? Of(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return reader.TokenType == JsonTokenType.Null ? null : throw new JsonException();
        }

        if (reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan.Length > LongestKept)
        {
            return reader.GetString();
        }

        var hash = new HashCode();
        hash.AddBytes(reader.ValueSpan);
        // Two threads may write one slot; each entry is whole by itself, and whichever stays is right.
        ref var slot = ref Table[hash.ToHashCode() & (Table.Length - 1)];
        if (slot is { } kept && reader.ValueSpan.SequenceEqual(kept.Utf8))
        {
            return kept.Text;
        }

        var made = new Kept(reader.ValueSpan.ToArray(), reader.GetString() ?? "");
        slot = made;
        return made.Text;
    }

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Of(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => throw new NotSupportedException();

    private sealed record Kept(byte[] Utf8, string Text);
}

internal sealed record SquareEventData(Dictionary<string, JsonElement>? Object);
