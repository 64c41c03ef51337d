using System.Net;
using System.Text;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

public sealed class FailureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Chaos, FailureKind> Trouble => new()
    {
        { new Chaos { PathPrefix = "/f/", RateLimitEvery = 5 }, FailureKind.RateLimited },
        { new Chaos { PathPrefix = "/f/", ServerErrorEvery = 5 }, FailureKind.Transient },
        { new Chaos { PathPrefix = "/f/", ServerErrorEvery = 5, ServerErrorStatus = 408 }, FailureKind.Transient },
        { new Chaos { PathPrefix = "/f/", ServerErrorEvery = 5, ServerErrorStatus = 403 }, FailureKind.Misconfigured },
        { new Chaos { PathPrefix = "/f/", TruncateEvery = 5 }, FailureKind.Transient },
        { new Chaos { PathPrefix = "/f/", ResetEvery = 5 }, FailureKind.Transient },
    };

    [Theory]
    [MemberData(nameof(Trouble), DisableDiscoveryEnumeration = true)]
    public async Task Trouble_is_told_by_its_kind_and_no_checkpoint_passes_it(Chaos chaos, FailureKind kind)
    {
        await using var kit = await LightspeedKit.StartAsync(600);
        var location = await kit.LocationAsync();
        var whole = await kit.SalesAsync(kit.Request(location, pageSize: 25));
        kit.Lightspeed.Chaos = chaos;
        var pages = new List<SyncPage<Sale>>();

        var failure = await Assert.ThrowsAsync<DriverException>(async () =>
        {
            await foreach (var page in kit.Pos.FetchSalesAsync(kit.Request(location, null, 25), Token))
            {
                pages.Add(page);
            }
        });

        Assert.Equal(kind, failure.Kind);
        Assert.Equal(kind == FailureKind.RateLimited ? TimeSpan.FromSeconds(1) : null, failure.RetryAfter);
        Assert.NotEmpty(pages);
        kit.Lightspeed.Chaos = Chaos.None;
        pages.AddRange(await kit.SalesAsync(kit.Request(location, pages.End(), 25)));
        Assert.Equal(whole.Texts(), pages.Texts());
    }

    [Theory]
    [InlineData(401, """{"error":"Unauthorized"}""", FailureKind.Unauthorized)]
    [InlineData(401, "<html>Sign in to the guest network</html>", FailureKind.Transient)]
    [InlineData(403, "", FailureKind.Misconfigured)]
    [InlineData(403, "<html>Blocked</html>", FailureKind.Transient)]
    [InlineData(400, """{"error":"from is required"}""", FailureKind.Defect)]
    [InlineData(404, """{"error":"Not Found"}""", FailureKind.Defect)]
    [InlineData(500, """{"timestamp":"2025-11-20T15:00:00Z","path":"/f","status":500,"error":"x","requestId":"r"}""", FailureKind.Transient)]
    [InlineData(302, "", FailureKind.Transient)]
    [InlineData(200, "<html>We will be back</html>", FailureKind.Transient)]
    [InlineData(200, """{"sales":[{"accountFiscId":"A1.1","type":"SALE","timeCl""", FailureKind.Transient)]
    [InlineData(200, """{"data":[]}""", FailureKind.Defect)]
    [InlineData(200, "[]", FailureKind.Defect)]
    [InlineData(200, """{"sales":[{"type":"SALE","timeClosed":"2025-11-18T20:00:00Z"}]}""", FailureKind.Defect)]
    [InlineData(200, """{"sales":[{"accountFiscId":"A1.1","type":"SALE"}]}""", FailureKind.Defect)]
    [InlineData(200, """{"sales":[{"accountFiscId":"A1.1","type":"SALE","timeClosed":"2020-11-18T20:00:00Z"}]}""", FailureKind.Transient)]
    [InlineData(200, """{"sales":[{"accountFiscId":"A1.1","type":"SALE","timeClosed":"2030-11-18T20:00:00Z"}]}""", FailureKind.Transient)]
    public async Task Every_answer_is_told_by_who_must_act(int status, string body, FailureKind kind)
    {
        var failure = await Assert.ThrowsAsync<DriverException>(() => new ScriptedLightspeed().On("/sales?", body, status).SalesAsync());

        Assert.Equal(kind, failure.Kind);
        Assert.DoesNotContain("from is required", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scope_that_is_missing_is_named()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        kit.Lightspeed.Chaos = new Chaos { PathPrefix = "/items/", ServerErrorEvery = 1, ServerErrorStatus = 403 };

        var catalog = await Assert.ThrowsAsync<DriverException>(() => kit.CatalogAsync());

        Assert.Equal(FailureKind.Misconfigured, catalog.Kind);
        Assert.Contains("scope items", catalog.Message, StringComparison.Ordinal);
        Assert.NotEmpty(await kit.LocationsAsync());
    }

    [Fact]
    public async Task A_dead_token_is_unauthorized()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        kit.Lightspeed.ExpireAccessTokens();

        Assert.Equal(FailureKind.Unauthorized, (await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver.ProbeAsync(Token))).Kind);
    }

    [Fact]
    public async Task A_location_that_does_not_tell_its_days_is_discovered_all_the_same_and_an_outage_is_not_taken_for_that()
    {
        const string businesses = """{"_embedded":{"businessList":[{"businessId":1,"businessName":"B","currencyCode":"EUR","businessLocations":[{"blID":9007199254740993,"blName":"One","timezone":"Europe/Madrid","country":"es"}]}]}}""";
        var refused = new ScriptedLightspeed().On("/businesses", businesses).On("/sales-daily", """{"error":"no"}""", 400);
        var unwell = new ScriptedLightspeed().On("/businesses", businesses).On("/sales-daily", "", 503);

        var location = Assert.Single(await ((ILocationDirectory)refused.Driver).DiscoverLocationsAsync(Token));

        Assert.Equal(("9007199254740993", null, "ES"), (location.Ref.Id, location.BusinessDayStart, location.Country));
        await Assert.ThrowsAsync<DriverException>(async () => await ((ILocationDirectory)unwell.Driver).DiscoverLocationsAsync(Token));
    }

    [Fact]
    public async Task A_call_that_is_given_up_ends_as_such()
    {
        var scripted = new ScriptedLightspeed();
        using var over = new CancellationTokenSource();
        await over.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await scripted.Driver.ProbeAsync(over.Token));
    }

    [Fact]
    public async Task A_time_out_is_nobodys_fault()
    {
        var scripted = new ScriptedLightspeed().On("/sales?", _ => throw new TaskCanceledException());

        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(() => scripted.SalesAsync())).Kind);
    }

    [Fact]
    public async Task A_pause_may_be_asked_for_by_a_date()
    {
        var scripted = new ScriptedLightspeed();
        scripted.On("/sales?", _ => new HttpResponseMessage(HttpStatusCode.TooManyRequests)
        {
            Content = new StringContent("{}", Encoding.UTF8, "application/json"),
            Headers = { RetryAfter = new System.Net.Http.Headers.RetryConditionHeaderValue(scripted.Clock.GetUtcNow().AddSeconds(90)) },
        });

        Assert.Equal(TimeSpan.FromSeconds(90), (await Assert.ThrowsAsync<DriverException>(() => scripted.SalesAsync())).RetryAfter);
    }
}
