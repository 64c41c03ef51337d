using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Changes;

public sealed class CanonicalJsonTests
{
    private static readonly TenantId Tenant = new("t");
    private static readonly ConnectionId Connection = new("c");

    [Theory]
    [InlineData("1", "1")]
    [InlineData("1.0", "1")]
    [InlineData("1.00", "1")]
    [InlineData("1.50", "1.5")]
    [InlineData("100", "100")]
    [InlineData("0.000", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("-2.500", "-2.5")]
    [InlineData("79228162514264337593543950335", "79228162514264337593543950335")]
    [InlineData("-0.0000000000000000000000000001", "-0.0000000000000000000000000001")]
    public void A_decimal_is_text_without_trailing_zeros(string quantity, string expected)
    {
        var sale = Sales.Make("s1") with { Lines = [Sales.Line("1", decimal.Parse(quantity, System.Globalization.CultureInfo.InvariantCulture), 100)] };

        using var json = JsonDocument.Parse(Encode(sale).Body);

        Assert.Equal(expected, json.RootElement.GetProperty("lines")[0].GetProperty("quantity").GetString());
    }

    [Cases]
    public void Equal_quantities_of_another_scale_give_the_same_bytes(int mantissa, byte scale, byte zeros)
    {
        var quantity = new decimal(Math.Abs(mantissa), 0, 0, mantissa < 0, (byte)(scale % 10));
        var longer = quantity * decimal.Parse("1." + new string('0', 1 + (zeros % 8)), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(quantity, longer);

        var one = Encode(Sales.Make("s") with { Lines = [Sales.Line("1", quantity, 5)] });
        var other = Encode(Sales.Make("s") with { Lines = [Sales.Line("1", longer, 5)] });

        Assert.Equal(one.Body, other.Body);
        Assert.Equal(one.Hash, other.Hash);
    }

    [Cases]
    public void A_sale_read_back_is_written_as_the_same_bytes(long net, int seconds, string? number, string name, decimal quantity, decimal percent, bool voided, int kind)
    {
        var sale = Sales.Make("s1", net) with
        {
            Number = number,
            Kind = (SaleKind)(Math.Abs((long)kind) % 5),
            OpenedAt = Sales.Noon.AddSeconds(seconds).ToOffset(TimeSpan.FromHours(seconds % 14)),
            AppliedDiscounts = [new SaleDiscount { Kind = DiscountKind.Percent, Percent = percent, Amount = Sales.Usd(1), Name = name }],
            Lines = [Sales.Line("1", quantity, net) with { Voided = voided }],
            Payments = [Sales.Payment("p", net, 1)],
            Refunds = [Sales.Refund("r", net)],
        };

        var written = Encode(sale);
        var read = JsonSerializer.Deserialize(written.Body, CanonicalJson.Default.Sale);

        Assert.Equal(Text(written.Body), Text(Encode(read!).Body));
    }

    [Fact]
    public void One_instant_in_two_offsets_gives_the_same_bytes_in_utc()
    {
        var utc = Sales.Make("s1");
        var local = utc with { OpenedAt = utc.OpenedAt.ToOffset(TimeSpan.FromHours(-7)) };

        Assert.Equal(Encode(utc).Body, Encode(local).Body);
        Assert.Contains("\"openedAt\":\"2026-03-14T12:00:00Z\"", Text(Encode(local).Body), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sale_is_camel_case_with_snake_case_values_and_no_nulls()
    {
        var text = Text(Encode(Sales.Make("s1") with { Payments = [Sales.Payment("p1", 900, 100) with { Method = PaymentMethod.GiftCard }] }).Body);

        Assert.Contains("\"businessDate\":\"2026-03-14\"", text, StringComparison.Ordinal);
        Assert.Contains("\"method\":\"gift_card\"", text, StringComparison.Ordinal);
        Assert.Contains("\"net\":{\"minor\":1000,\"currency\":\"USD\"}", text, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"Crème brûlée\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("null", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_order_in_which_a_service_lists_prices_by_location_makes_no_change()
    {
        var one = Item(new() { ["L1"] = Sales.Usd(1), ["L2"] = Sales.Usd(2) });
        var other = Item(new() { ["L2"] = Sales.Usd(2), ["L1"] = Sales.Usd(1) });

        Assert.Equal(Encode(one).Hash, Encode(other).Hash);
        var read = Assert.IsType<CatalogItem>(JsonSerializer.Deserialize(Encode(one).Body, CanonicalJson.Default.CatalogEntry));
        Assert.Equal(Sales.Usd(2), read.Variations[0].LocationPrices!["L2"]);
    }

    private static CatalogItem Item(Dictionary<string, Money> prices) => new()
    {
        Ref = new ExternalRef("square", "i1"),
        Name = "Soup",
        Active = true,
        Variations = [new Variation { Id = "v1", Name = "Large", PriceKind = PriceKind.Fixed, Price = Sales.Usd(1), LocationPrices = prices }],
    };

    private static string Text(ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span);

    private static (byte[] Body, byte[] Hash) Encode(Sale sale)
    {
        using var page = Pages.Encode(Tenant, Connection, Change.Upsert("x", sale));
        return (page.Changes[0].Body.ToArray(), page.Changes[0].Hash.ToArray());
    }

    private static (byte[] Body, byte[] Hash) Encode(CatalogEntry entry)
    {
        using var page = RecordEncoder.Encode(new SyncPage<CatalogEntry>([Change.Upsert("x", entry)], new Checkpoint("1")), Pages.CipherOf(Tenant, Connection));
        return (page.Changes[0].Body.ToArray(), page.Changes[0].Hash.ToArray());
    }
}
