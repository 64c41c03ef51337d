using System.Net.Http.Headers;
using Sous.Plugins.Drivers.Tests.Prism;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

/// <summary>The driver's whole sync against K-Series' own definition: driver, Prism as a validating proxy, simulator.</summary>
public sealed class LightspeedContractTests(LightspeedPrismFixture lightspeed) : IClassFixture<LightspeedPrismFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_sync_keeps_to_Lightspeeds_definition_in_both_directions()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var client = lightspeed.Proxy.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", lightspeed.Simulator.IssueAccessToken());
        await using var driver = OutsideDriver.Over(client, lightspeed.Clock);
        var pos = (IPosDriver)driver;
        var before = lightspeed.Proxy.Violations.Count;

        await driver.ProbeAsync(Token);
        Assert.NotEmpty((await pos.FetchCatalogAsync(new CatalogRequest(), Token).ToListAsync(Token)).Ids());
        foreach (var location in await ((ILocationDirectory)driver).DiscoverLocationsAsync(Token))
        {
            var request = new SalesRequest { Location = location, Range = new InstantRange(lightspeed.Clock.GetUtcNow().AddDays(-80), lightspeed.Clock.GetUtcNow()), PageSize = 40 };
            var pages = await pos.FetchSalesAsync(request, Token).ToListAsync(Token);
            Assert.Equal(lightspeed.Simulator.Truth.Locations.Single(truth => truth.Id == location.Ref.Id).DocumentIds, pages.Ids());
            await ((IBusinessDayTotals)driver).ReadDayTotalsAsync(location, pages.Sales()[0].BusinessDate, Token);
        }

        Assert.Equal([], lightspeed.Proxy.Violations.Skip(before));
    }
}
