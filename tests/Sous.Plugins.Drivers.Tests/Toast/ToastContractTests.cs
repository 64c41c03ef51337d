using System.Net.Http.Headers;
using Sous.Plugins.Drivers.Tests.Prism;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Toast;

/// <summary>The driver's whole sync against Toast's own definition: driver, Prism as a validating proxy, simulator.</summary>
public sealed class ToastContractTests(ToastPrismFixture toast) : IClassFixture<ToastPrismFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_sync_keeps_to_Toasts_definition_in_both_directions()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var client = toast.Proxy.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", toast.Simulator.IssueToken());
        await using var driver = ToastKit.DriverOver(client, toast.Clock, [.. toast.Simulator.Truth.Restaurants.Where(r => r.Connected).Select(r => r.Id)]);
        var before = toast.Proxy.Violations.Count;
        await driver.ProbeAsync(Token);
        foreach (var location in await driver.DiscoverLocationsAsync(Token))
        {
            await driver.FetchCatalogAsync(new CatalogRequest { Location = location }, Token).ToListAsync(Token);
            var request = new SalesRequest { Location = location, Range = new InstantRange(toast.Clock.GetUtcNow().AddDays(-62), toast.Clock.GetUtcNow()), PageSize = 40 };
            var pages = await driver.FetchSalesAsync(request, Token).ToListAsync(Token);
            Assert.Equal(toast.Simulator.Truth.Restaurants.Single(r => r.Id == location.Ref.Id).OrderIds.Count, pages.Ids().Count);
            await driver.ReadDayTotalsAsync(location, pages.Sales()[0].BusinessDate, Token);
        }

        Assert.Equal([], toast.Proxy.Violations.Skip(before));
    }
}
