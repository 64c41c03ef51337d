using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Changes;

public sealed class RecordEncoderTests
{
    private static readonly TenantId Tenant = new("t");
    private static readonly ConnectionId Connection = new("c");

    [Fact]
    public void Each_change_of_a_page_has_its_own_body_hash_and_raw_even_where_the_buffer_grew()
    {
        var changes = Enumerable.Range(0, 40).Select(static i => i % 10 == 3
            ? Change.Delete<Sale>($"s{i}")
            : Change.Upsert($"s{i}", Sales.Make($"s{i}") with { Number = new string('7', i * 400) }, Encoding.UTF8.GetBytes($"raw{i}"))).ToList();

        using var page = Pages.Encode(Tenant, Connection, [.. changes]);

        Assert.All(page.Changes.Index(), static change =>
        {
            var (i, encoded) = change;
            Assert.Equal($"s{i}", encoded.Id);
            if (i % 10 == 3)
            {
                Assert.Equal(ChangeKind.Delete, encoded.Kind);
                Assert.True(encoded.Body.IsEmpty && encoded.Hash.IsEmpty && encoded.Raw.IsEmpty);
                return;
            }

            Assert.Equal($"s{i}", JsonSerializer.Deserialize(encoded.Body.Span, CanonicalJson.Default.Sale)!.Ref.Id);
            Assert.Equal(SHA256.HashData(encoded.Body.Span)[..16], encoded.Hash.ToArray());
            var raw = RawRecord.Read(encoded.Raw.Span, Pages.CipherOf(Tenant, Connection), StreamName.Sales, encoded.Id);
            Assert.Equal($"raw{i}", Encoding.UTF8.GetString(raw));
        });
    }

    [Fact]
    public void A_sale_carries_its_location_its_day_and_the_other_days_of_its_money()
    {
        var sale = Sales.Make("s1") with
        {
            Payments = [Sales.Payment("p1", 1, 0), Sales.Payment("p2", 1, 0, Sales.Day.AddDays(1))],
            Refunds = [Sales.Refund("r1", 1, Sales.Day.AddDays(9)), Sales.Refund("r2", 1, Sales.Day.AddDays(1))],
        };

        using var page = Pages.Encode(Tenant, Connection, Change.Upsert("s1", sale));

        var change = Assert.Single(page.Changes);
        Assert.Equal(("sale", Sales.Location, Sales.Day), (change.Type, change.Location, change.BusinessDate));
        Assert.Equal([Sales.Day.AddDays(1), Sales.Day.AddDays(9)], change.OtherDates);
    }

    [Fact]
    public void Catalogue_entries_carry_their_type_and_no_location()
    {
        var entries = new SyncPage<CatalogEntry>(
            [
                Change.Upsert<CatalogEntry>("c", new Category { Ref = new ExternalRef("square", "c"), Name = "Soups" }),
                Change.Upsert<CatalogEntry>("m", new ModifierGroup { Ref = new ExternalRef("square", "m"), Name = "Size" }),
            ],
            new Checkpoint("1"));

        using var page = RecordEncoder.Encode(entries, Pages.CipherOf(Tenant, Connection));

        Assert.Equal(["category", "modifier_group"], page.Changes.Select(static change => change.Type));
        Assert.All(page.Changes, static change => Assert.Null(change.Location));
        Assert.StartsWith("{\"type\":\"category\"", Encoding.UTF8.GetString(page.Changes[0].Body.Span), StringComparison.Ordinal);
    }
}
