using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Changes;

/// <summary>
/// Records as they are hashed, stored and handed to the platform: members in the order of the contract, camelCase, enums as
/// snake_case text, decimals as text without trailing zeros, instants in UTC, null left out. Equal records give equal bytes.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(DecimalText), typeof(UtcInstant), typeof(SortedPrices),
        typeof(SnakeCaseEnum<BusinessDateSource>), typeof(SnakeCaseEnum<DiscountKind>), typeof(SnakeCaseEnum<LineKind>),
        typeof(SnakeCaseEnum<PaymentMethod>), typeof(SnakeCaseEnum<PaymentStatus>), typeof(SnakeCaseEnum<PriceKind>),
        typeof(SnakeCaseEnum<RefundStatus>), typeof(SnakeCaseEnum<SaleKind>), typeof(SnakeCaseEnum<SaleStatus>),
    ])]
[JsonSerializable(typeof(Sale))]
[JsonSerializable(typeof(CatalogEntry))]
[JsonSerializable(typeof(StorageFile))]
internal sealed partial class CanonicalJson : JsonSerializerContext;
