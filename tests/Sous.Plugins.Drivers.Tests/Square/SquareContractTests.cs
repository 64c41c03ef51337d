using System.Net.Http.Headers;
using Sous.Plugins.Drivers.Tests.Prism;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Square;

/// <summary>The driver's whole sync against Square's own definition: driver, Prism as a validating proxy, simulator.</summary>
public sealed class SquareContractTests(SquarePrismFixture square) : IClassFixture<SquarePrismFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_sync_keeps_to_Squares_definition_in_both_directions()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var client = square.Proxy.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", square.Simulator.IssueAccessToken());
        await using var driver = SquareKit.DriverOver(client, square.Clock);
        var before = square.Proxy.Violations.Count;
        await driver.ProbeAsync(Token);
        var catalogue = await driver.FetchCatalogAsync(new CatalogRequest(), Token).ToListAsync(Token);
        foreach (var location in await driver.DiscoverLocationsAsync(Token))
        {
            var request = new SalesRequest { Location = location, Range = new InstantRange(square.Clock.GetUtcNow().AddDays(-120), square.Clock.GetUtcNow()), PageSize = 60 };
            var pages = await driver.FetchSalesAsync(request, Token).ToListAsync(Token);
            Assert.Equal(square.Simulator.Truth.Locations.Single(l => l.Id == location.Ref.Id).Orders, pages.Ids().Count);
            await driver.ReadDayTotalsAsync(location, pages.Sales()[^1].BusinessDate, Token);
            // The day after, with late changes of every kind: the second walks and the scan for late orders.
            var refunded = pages.Sales().FirstOrDefault(s => s is { Status: SaleStatus.Closed, Kind: SaleKind.Sale, Refunds.Count: 0, Payments.Count: > 0 });
            var kept = pages.Sales().LastOrDefault(s => s is { Status: SaleStatus.Closed, Kind: SaleKind.Sale, Refunds.Count: 0, Payments.Count: > 0, Lines.Count: > 0 } && s != refunded);
            square.Simulator.Changes.RefundOrder(refunded!.Ref.Id);
            string[] more = [square.Simulator.Changes.ExchangeOrder(kept!.Ref.Id, 1), square.Simulator.Changes.ExchangeOrder(kept.Ref.Id, 500_00), square.Simulator.Changes.AddLateOrderOfOldChange(location.Ref.Id, TimeSpan.FromHours(60))];
            square.Clock.Advance(TimeSpan.FromHours(25));
            var next = await driver.FetchSalesAsync(request with { From = pages.End() }, Token).ToListAsync(Token);
            Assert.Equal(more.Concat([refunded.Ref.Id, kept.Ref.Id]).Order(), next.Ids().Intersect([refunded.Ref.Id, kept.Ref.Id, .. more]).Order());
        }

        square.Simulator.Changes.RenameItem(square.Simulator.Changes.ItemIds[0], "Renamed");
        square.Simulator.Changes.DeleteItem(square.Simulator.Changes.ItemIds[1]);
        Assert.Equal(2, (await driver.FetchCatalogAsync(new CatalogRequest { From = catalogue.End() }, Token).ToListAsync(Token)).Ids().Count);
        Assert.Equal([], square.Proxy.Violations.Skip(before));
    }
}
