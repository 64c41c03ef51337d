using System.Globalization;
using System.Text.Json;
using FsCheck.Xunit;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

public sealed class SalesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_document_of_every_location_comes_exactly_once_and_adds_up()
    {
        await using var kit = await LightspeedKit.StartAsync(1_500);
        foreach (var location in await kit.LocationsAsync())
        {
            var pages = await kit.SalesAsync(location);

            Assert.Equal(kit.TruthOf(location.Ref.Id).DocumentIds, pages.Ids());
            Assert.All(pages.Sales(), sale => Assert.Empty(sale.Warnings));
            Assert.All(pages.Sales(), sale => Assert.Equal([], SaleArithmetic.Check(sale)));
            Assert.All(pages.Sales(), sale => Assert.InRange(sale.Rounding.Minor, -4, 4));
            Assert.All(pages.SelectMany(page => page.Changes), change => Assert.Equal(change.Id, JsonElement.Parse(change.Raw.Span).GetProperty("accountFiscId").GetString()));
            Assert.Equal(kit.Clock.GetUtcNow(), pages[^1].CompleteUntil);
            Assert.Equal(pages.Count, pages.Select(page => page.Next).Distinct().Count());
        }

        Assert.Equal([kit.Lightspeed.Address.Authority], kit.Requests.Hosts);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(200)]
    [InlineData(501)]
    public async Task A_page_that_is_full_is_never_taken_for_the_end(int sales)
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        Sell(kit, sales, TimeSpan.FromSeconds(1));

        Assert.Equal(kit.TruthOf(kit.Madrid).DocumentIds, (await kit.SalesAsync(await kit.LocationAsync())).Ids());
    }

    [Fact]
    public async Task More_documents_than_a_page_holds_may_close_in_one_instant()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        Sell(kit, 250, TimeSpan.Zero);

        Assert.Equal(250, (await kit.SalesAsync(await kit.LocationAsync())).Ids().Distinct().Count());
    }

    [Fact]
    public async Task A_token_that_was_lost_loses_nothing()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        Sell(kit, 501, TimeSpan.FromSeconds(7));
        kit.Lightspeed.Chaos = new Chaos { PathPrefix = "/f/", DropCursor = true };

        var pages = await kit.SalesAsync(await kit.LocationAsync());

        Assert.Equal(kit.TruthOf(kit.Madrid).DocumentIds, pages.Ids());
    }

    [Theory]
    [InlineData(nameof(Chaos.RepeatCursor), "leads nowhere")]
    [InlineData(nameof(Chaos.CursorStandsStill), "leads nowhere")]
    [InlineData(nameof(Chaos.IgnoreSortOrder), "sorted")]
    public async Task A_walk_that_is_led_astray_stops_and_keeps_its_checkpoint_back(string trouble, string said)
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        Sell(kit, 501, TimeSpan.FromSeconds(7));
        var location = await kit.LocationAsync();
        kit.Lightspeed.Chaos = new Chaos { PathPrefix = "/f/", RepeatCursor = trouble == nameof(Chaos.RepeatCursor), CursorStandsStill = trouble == nameof(Chaos.CursorStandsStill), IgnoreSortOrder = trouble == nameof(Chaos.IgnoreSortOrder) };
        var pages = new List<SyncPage<Sale>>();

        var failure = await Assert.ThrowsAsync<DriverException>(async () => await CollectAsync(kit, kit.Request(location), pages));
        kit.Lightspeed.Chaos = Chaos.None;
        pages.AddRange(await kit.SalesAsync(location, pages.Count > 0 ? pages.End() : null));

        Assert.Equal((FailureKind.Transient, true), (failure.Kind, failure.IsSuspect));
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.Equal(kit.TruthOf(kit.Madrid).DocumentIds, pages.Ids().Distinct());
    }

    [Fact]
    public async Task A_history_of_more_than_a_year_is_asked_for_in_steps_that_the_service_takes()
    {
        await using var kit = await LightspeedKit.StartAsync(800, new LightspeedSimulatorOptions { Days = 900 });
        var location = await kit.LocationAsync();

        var pages = await kit.SalesAsync(kit.Request(location) with { Range = new InstantRange(LightspeedKit.Start.AddDays(-900), LightspeedKit.Start) });

        Assert.Equal(kit.TruthOf(kit.Madrid).DocumentIds, pages.Ids());
    }

    [Property(MaxTest = 12)]
    public void A_call_that_is_broken_off_after_any_page_goes_on_from_it(int after, byte size)
    {
        Task.Run(async () =>
        {
            await using var kit = await LightspeedKit.StartAsync(250);
            var location = await kit.LocationAsync();
            var request = kit.Request(location, pageSize: 5 + (size % 60));
            var whole = await kit.SalesAsync(request);
            var kept = whole.Take(1 + (int)((uint)after % whole.Count)).ToList();

            var rest = await kit.SalesAsync(request with { From = kept.End() });

            Assert.Equal(whole.Texts(), kept.Concat(rest).Texts());
        }, CancellationToken.None).GetAwaiter().GetResult();
    }

    [Fact]
    public async Task A_second_sync_brings_what_closed_since_and_a_late_till_comes_with_the_daily_look_back()
    {
        await using var kit = await LightspeedKit.StartAsync(300);
        var location = await kit.LocationAsync();
        var first = await kit.SalesAsync(location);
        kit.Clock.Advance(TimeSpan.FromMinutes(30));
        var sale = kit.Lightspeed.Changes.AddSale(kit.Madrid);
        var late = kit.Lightspeed.Changes.AddSale(kit.Madrid, TimeSpan.FromHours(50));

        var second = await kit.SalesAsync(location, first.End());
        kit.Clock.Advance(TimeSpan.FromHours(24));
        var third = await kit.SalesAsync(location, second.End());

        Assert.Contains(sale, second.Ids());
        Assert.DoesNotContain(late, second.Ids());
        Assert.Contains(late, third.Ids());
        Assert.InRange(second.Ids().Count, 1, 10);
    }

    [Fact]
    public async Task A_refund_is_a_document_of_its_own_that_names_its_sale_and_takes_off()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        var location = await kit.LocationAsync();
        var id = kit.Lightspeed.Changes.AddSale(kit.Madrid);
        var first = await kit.SalesAsync(location);
        kit.Clock.Advance(TimeSpan.FromDays(2));
        var back = kit.Lightspeed.Changes.Refund(id);

        var second = await kit.SalesAsync(location, first.End());

        var (sale, refund) = (Assert.Single(first.Sales()), second.Sales().Single(one => one.Ref.Id == back));
        Assert.Equal((SaleKind.Return, SaleStatus.Closed, id, -sale.Net.Minor, -sale.TaxIncluded.Minor), (refund.Kind, refund.Status, refund.OriginalSaleId, refund.Net.Minor, refund.TaxIncluded.Minor));
        Assert.Equal((sale.Payments[0].Amount + sale.Payments[0].Tip, sale.Payments[0].Tip, id), (refund.Refunds[0].Amount, refund.Refunds[0].Tip, refund.Refunds[0].SaleId));
        Assert.Equal(refund.Refunds[0].Amount, refund.Refunded);
        Assert.Empty(refund.Payments);
        Assert.Equal(sale.BusinessDate.AddDays(2), refund.BusinessDate);
    }

    [Fact]
    public async Task A_range_brings_what_closed_within_it_and_nothing_else()
    {
        await using var kit = await LightspeedKit.StartAsync(600);
        var location = await kit.LocationAsync();
        var range = new InstantRange(LightspeedKit.Start.AddDays(-20), LightspeedKit.Start.AddDays(-10));
        var all = (await kit.SalesAsync(location)).Sales();

        var pages = await kit.SalesAsync(kit.Request(location) with { Range = range, Bounded = true });
        var again = await kit.SalesAsync(kit.Request(location, pages.End()) with { Range = range, Bounded = true });

        Assert.Equal(all.Where(sale => sale.ClosedAt >= range.From && sale.ClosedAt < range.To).Select(sale => sale.Ref.Id), pages.Ids());
        Assert.Equal(range.To, pages[^1].CompleteUntil);
        Assert.Empty(again);
    }

    [Fact]
    public async Task A_strange_checkpoint_is_told()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        var location = await kit.LocationAsync();

        Assert.Equal(FailureKind.Misconfigured, (await Assert.ThrowsAsync<DriverException>(() => kit.SalesAsync(location, new Checkpoint("{}")))).Kind);
    }

    [Fact]
    public async Task Discovery_learns_ids_beyond_32_bits_zones_currencies_and_when_days_start()
    {
        await using var kit = await LightspeedKit.StartAsync(50);

        var locations = await kit.LocationsAsync();
        var probe = await kit.Driver.ProbeAsync(Token);

        Assert.Equal(kit.Lightspeed.Truth.Locations.Select(truth => (truth.Id, truth.Name, truth.TimeZone, truth.Currency, (TimeSpan?)truth.DayStart, (string?)truth.Business)),
            locations.Select(location => (location.Ref.Id, location.Name, location.TimeZone, location.Currency, location.BusinessDayStart, location.ParentId)));
        Assert.All(locations, location => Assert.True(long.Parse(location.Ref.Id, CultureInfo.InvariantCulture) > int.MaxValue));
        Assert.Equal((null, "Casa Lumbre, Foghorn Kitchens, Bergluft"), (probe.AccountId, probe.AccountName));
    }

    private static void Sell(LightspeedKit kit, int count, TimeSpan apart)
    {
        for (var i = 0; i < count; i++)
        {
            kit.Lightspeed.Changes.AddSale(kit.Madrid);
            kit.Clock.Advance(apart);
        }
    }

    private static async Task CollectAsync(LightspeedKit kit, SalesRequest request, List<SyncPage<Sale>> into)
    {
        await foreach (var page in kit.Pos.FetchSalesAsync(request, Token))
        {
            into.Add(page);
        }
    }
}
