using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Toast;

/// <summary>What Toast sends: only the members used. Words that may be new to us stay text.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(ToastTime), typeof(ToastDay), typeof(ToastNumber)])]
[JsonSerializable(typeof(ToastOrder))]
[JsonSerializable(typeof(ToastPayment))]
[JsonSerializable(typeof(ToastRestaurant))]
[JsonSerializable(typeof(List<ToastAccess>))]
[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(ToastMenus))]
[JsonSerializable(typeof(ToastWebhook))]
[JsonSerializable(typeof(SalesCheckpoint))]
[JsonSerializable(typeof(MenuCheckpoint))]
internal sealed partial class ToastJson : JsonSerializerContext;

/// <summary>A reference, or anything else of which the GUID and the name are used.</summary>
internal sealed record Named(string? Guid, string? Name);

internal sealed class ToastOrder
{
    public string Guid { get; set => field = value ?? ""; } = "";
    public string? RestaurantGuid { get; set; }
    public DateTimeOffset? OpenedDate { get; set; }
    public DateTimeOffset? CreatedDate { get; set; }
    public DateTimeOffset? ModifiedDate { get; set; }
    public DateTimeOffset? ClosedDate { get; set; }
    public DateOnly? BusinessDate { get; set; }
    public bool? Voided { get; set; }
    public bool? Deleted { get; set; }
    public bool? CreatedInTestMode { get; set; }
    public bool? ExcessFood { get; set; }
    public string? Source { get; set; }
    public string? DisplayNumber { get; set; }
    public decimal? NumberOfGuests { get; set; }
    public Named? DiningOption { get; set; }
    public List<ToastCheck>? Checks { get; set; }

    /// <summary>The bytes that it came as, a slice of its page.</summary>
    [JsonIgnore] public ReadOnlyMemory<byte> Raw { get; set; }

    /// <summary>Neither made in training nor to track waste.</summary>
    [JsonIgnore] public bool Counts => CreatedInTestMode != true && ExcessFood != true;
}

internal sealed class ToastCheck
{
    public string? Guid { get; set; }
    public string? DisplayNumber { get; set; }
    public string? PaymentStatus { get; set; }
    public bool? Voided { get; set; }
    public bool? Deleted { get; set; }
    public decimal? TaxAmount { get; set; }
    public decimal? TotalAmount { get; set; }
    public List<ToastSelection>? Selections { get; set; }
    public List<ToastPayment>? Payments { get; set; }
    public List<ToastDiscount>? AppliedDiscounts { get; set; }
    public List<ToastCharge>? AppliedServiceCharges { get; set; }
}

/// <summary>A line or, below one, a modifier.</summary>
internal sealed class ToastSelection
{
    public string? Guid { get; set; }
    public Named? Item { get; set; }
    public Named? SalesCategory { get; set; }
    public Named? VoidReason { get; set; }
    public string? DisplayName { get; set; }
    public string? SelectionType { get; set; }
    public string? UnitOfMeasure { get; set; }
    public string? TaxInclusion { get; set; }
    public decimal? Quantity { get; set; }
    public decimal? ReceiptLinePrice { get; set; }
    public decimal? PreDiscountPrice { get; set; }
    public decimal? Price { get; set; }
    public decimal? Tax { get; set; }
    public bool? Deferred { get; set; }
    public bool? Voided { get; set; }
    public ToastRefundDetails? RefundDetails { get; set; }
    public List<ToastTax>? AppliedTaxes { get; set; }
    public List<ToastDiscount>? AppliedDiscounts { get; set; }
    public List<ToastSelection>? Modifiers { get; set; }
}

internal sealed record ToastRefundDetails(decimal? RefundAmount, decimal? TaxRefundAmount);

internal sealed record ToastTax(Named? TaxRate, string? Name, decimal? Rate, decimal? TaxAmount, string? Type, bool? FacilitatorCollectAndRemitTax);

internal sealed record ToastDiscount(string? Name, Named? Discount, decimal? DiscountAmount, decimal? NonTaxDiscountAmount, string? DiscountType, decimal? DiscountPercent, string? ProcessingState);

internal sealed record ToastCharge(string? Guid, Named? ServiceCharge, string? Name, decimal? ChargeAmount, bool? Gratuity, string? ServiceChargeCategory, List<ToastTax>? AppliedTaxes);

internal sealed class ToastPayment
{
    public string Guid { get; set => field = value ?? ""; } = "";
    public string? OrderGuid { get; set; }
    public string? Type { get; set; }
    public decimal? Amount { get; set; }
    public decimal? TipAmount { get; set; }
    public decimal? OriginalProcessingFee { get; set; }
    public DateTimeOffset? PaidDate { get; set; }
    public DateOnly? PaidBusinessDate { get; set; }
    public string? PaymentStatus { get; set; }
    public string? CardType { get; set; }
    public string? Last4Digits { get; set; }
    public string? RefundStatus { get; set; }
    public ToastRefund? Refund { get; set; }
    public ToastVoid? VoidInfo { get; set; }
}

internal sealed record ToastRefund(decimal? RefundAmount, decimal? TipRefundAmount, DateTimeOffset? RefundDate, DateOnly? RefundBusinessDate);

internal sealed record ToastVoid(DateTimeOffset? VoidDate, DateOnly? VoidBusinessDate);

internal sealed record ToastAccess(string? RestaurantGuid, string? ManagementGroupGuid, string? RestaurantName, bool? Deleted);

internal sealed record ToastRestaurant(string? Guid, ToastGeneral? General, ToastPlace? Location);

internal sealed record ToastGeneral(string? Name, string? LocationName, string? TimeZone, int? CloseoutHour, string? ManagementGroupGuid, string? CurrencyCode, bool? Archived);

internal sealed record ToastPlace(string? Address1, string? Address2, string? City, string? AdministrativeArea, string? ZipCode, string? Country, string? Phone);

/// <summary>A time as Toast writes it: an offset without a colon in its API, a Z in its webhooks. What cannot be read is absent.</summary>
internal sealed class ToastTime : JsonConverter<DateTimeOffset?>
{
    public static DateTimeOffset? Parse(string? text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUniversalTime() : null;

    /// <summary>A time for a query, its plus sign encoded.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'%2B0000'", CultureInfo.InvariantCulture);

    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => Parse(reader.GetString()),
        JsonTokenType.Null or JsonTokenType.Number => null,
        _ => throw new JsonException(),
    };

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>A business day as Toast writes it: the number yyyyMMdd. Zero and what is no day are absent.</summary>
internal sealed class ToastDay : JsonConverter<DateOnly?>
{
    public override DateOnly? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number when reader.TryGetInt32(out var number) => number.ToString(CultureInfo.InvariantCulture),
            JsonTokenType.Null or JsonTokenType.Number => null,
            _ => throw new JsonException(),
        };
        return DateOnly.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
    }

    public override void Write(Utf8JsonWriter writer, DateOnly? value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>A decimal number, never by way of a floating-point one. What does not fit is <see cref="Unreadable"/>, and the sale says so.</summary>
internal sealed class ToastNumber : JsonConverter<decimal?>
{
    public const decimal Unreadable = decimal.MaxValue;

    public override decimal? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.Number => reader.TryGetDecimal(out var number) ? number : Unreadable,
        JsonTokenType.String => decimal.TryParse(reader.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : Unreadable,
        _ => throw new JsonException(),
    };

    public override void Write(Utf8JsonWriter writer, decimal? value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>What an error in Toast's envelope says that may be shown: its code, and the id that Toast's support asks for.</summary>
internal sealed record ToastError(string About)
{
    /// <summary>The error, or null where the answer is not Toast's envelope.</summary>
    public static ToastError? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var answer = JsonDocument.ParseValue(ref reader);
            return answer.RootElement is { ValueKind: JsonValueKind.Object } root && (root.TryGetProperty("status", out _) || root.TryGetProperty("code", out _))
                ? new ToastError(Part(root, "code", "code") + Part(root, "requestId", "request"))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
            }

            return reader.BytesConsumed > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // What a service puts there is shown to people: short words alone.
    private static string Part(JsonElement root, string name, string label)
        => root.TryGetProperty(name, out var value) && value.ToString() is { Length: > 0 and <= 60 } text && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or ':' or '_') ? $", {label} {text}" : "";
}
