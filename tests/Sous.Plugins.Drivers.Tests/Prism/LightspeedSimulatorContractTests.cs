using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>The simulator against K-Series' own definition, through Prism. It has no reference data (tax rates, ways to pay, accounting groups) and no OAuth.</summary>
public sealed class LightspeedSimulatorContractTests(LightspeedPrismFixture lightspeed) : IClassFixture<LightspeedPrismFixture>
{
    [Fact]
    public async Task Every_operation_keeps_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new LightspeedCaller(lightspeed.Proxy.CreateClient(), lightspeed.Simulator.IssueAccessToken());
        var before = lightspeed.Proxy.Violations.Count;

        Assert.Equal(200, (await caller.GetAsync("/f/data/businesses?page=0&size=2")).Status);
        foreach (var location in lightspeed.Simulator.Truth.Locations)
        {
            var now = lightspeed.Clock.GetUtcNow();
            Assert.Equal(location.DocumentIds.Count, (await caller.SalesAsync(location.Id, now.AddDays(-80), now, "&include=payments,staff,table", 30)).Count);
            Assert.Equal(200, (await caller.GetAsync($"/f/v2/business-location/{location.Id}/sales-daily?date={lightspeed.Simulator.Truth.Days(location.Id)[0].Day:yyyy-MM-dd}&include=payments")).Status);
            Assert.Equal(200, (await caller.GetAsync($"/items/v1/items?businessLocationId={location.Id}&offset=3&amount=10")).Status);
        }

        Assert.Equal([], lightspeed.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task Errors_keep_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new LightspeedCaller(lightspeed.Proxy.CreateClient(), lightspeed.Simulator.IssueAccessToken());
        var location = lightspeed.Simulator.Truth.Locations[0].Id;
        var before = lightspeed.Proxy.Violations.Count;

        LightspeedReply[] replies =
        [
            await caller.GetAsync($"/f/v2/business-location/{location}/sales?from=2020-01-01T00:00:00Z"),
            await caller.GetAsync("/f/v2/business-location/4711/sales?from=2025-11-01T00:00:00Z"),
            await caller.GetAsync("/items/v1/items?businessLocationId=4711"),
        ];
        lightspeed.Simulator.Chaos = new Chaos { PathPrefix = "/", ServerErrorEvery = 1, ServerErrorStatus = 500 };
        replies = [.. replies, await caller.GetAsync("/f/data/businesses")];
        lightspeed.Simulator.Chaos = new Chaos { PathPrefix = "/", RateLimitEvery = 1 };
        replies = [.. replies, await caller.GetAsync("/f/data/businesses")];
        lightspeed.Simulator.Chaos = Chaos.None;
        caller.Authorize("stranger");
        replies = [.. replies, await caller.GetAsync("/f/data/businesses")];

        Assert.Equal([400, 403, 400, 500, 429, 401], replies.Select(reply => reply.Status));
        Assert.Equal([], lightspeed.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task A_broken_answer_and_a_broken_request_are_both_noticed()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new LightspeedCaller(lightspeed.Proxy.CreateClient(), lightspeed.Simulator.IssueAccessToken());
        var location = lightspeed.Simulator.Truth.Locations[0].Id;
        var before = lightspeed.Proxy.Violations.Count;

        lightspeed.Simulator.Chaos = new Chaos { PathPrefix = "/f/data", ServerErrorEvery = 1, ServerErrorStatus = 200 };
        await caller.GetAsync("/f/data/businesses");
        lightspeed.Simulator.Chaos = Chaos.None;
        await caller.GetAsync($"/f/v2/business-location/{location}/sales?from=2025-11-01T00:00:00Z&pageSize=500");

        Assert.Contains(lightspeed.Proxy.Violations.Skip(before), violation => violation.Contains("/f/data/businesses", StringComparison.Ordinal));
        Assert.Contains(lightspeed.Proxy.Violations.Skip(before), violation => violation.Contains("pageSize=500", StringComparison.Ordinal));
    }
}
