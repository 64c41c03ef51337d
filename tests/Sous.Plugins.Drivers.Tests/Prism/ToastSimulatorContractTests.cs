using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>The simulator against Toast's own definition, through Prism.</summary>
public sealed class ToastSimulatorContractTests(ToastPrismFixture toast) : IClassFixture<ToastPrismFixture>
{
    [Fact]
    public async Task Every_operation_keeps_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new ToastCaller(toast.Proxy.CreateClient(), toast.Simulator.IssueToken());
        var before = toast.Proxy.Violations.Count;

        await caller.GetAsync("/partners/v1/restaurants");
        await caller.GetAsync("/partners/v1/connectedRestaurants?pageSize=3");
        foreach (var restaurant in toast.Simulator.Truth.Restaurants.Where(r => r.Connected))
        {
            Assert.Equal(200, (await caller.GetAsync($"/restaurants/v1/restaurants/{restaurant.Id}?includeArchived=true", restaurant.Id)).Status);
            Assert.Equal(200, (await caller.GetAsync("/menus/v2/metadata", restaurant.Id)).Status);
            Assert.Equal(200, (await caller.GetAsync("/menus/v2/menus", restaurant.Id)).Status);
            var seen = 0;
            for (var days = -60; days < 0; days += 20)
            {
                seen += (await caller.OrdersAsync(restaurant.Id, toast.Clock.GetUtcNow().AddDays(days - 2), toast.Clock.GetUtcNow().AddDays(days + 20), 50)).Count;
            }

            Assert.InRange(seen, restaurant.OrderIds.Count, int.MaxValue);
            Assert.Equal(200, (await caller.GetAsync($"/orders/v2/orders/{restaurant.OrderIds[0]}", restaurant.Id)).Status);
            var day = toast.Simulator.Truth.Days(restaurant.Id)[0].Day;
            var payments = await caller.GetAsync($"/orders/v2/payments?paidBusinessDate={day:yyyyMMdd}", restaurant.Id);
            Assert.Equal(200, (await caller.GetAsync($"/orders/v2/payments/{payments.Json[0].GetString()}", restaurant.Id)).Status);
        }

        Assert.Equal([], toast.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task Logins_and_errors_keep_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new ToastCaller(toast.Proxy.CreateClient(), toast.Simulator.IssueToken());
        var restaurant = toast.Simulator.Truth.Restaurants[0].Id;
        var before = toast.Proxy.Violations.Count;

        ToastReply[] replies =
        [
            await caller.LogInAsync(toast.Simulator.Options.ClientId, toast.Simulator.ClientSecret),
            await caller.LogInAsync("stranger", "guess"),
            await caller.LogInAsync(toast.Simulator.Options.ClientId, toast.Simulator.ClientSecret),
            await caller.GetAsync("/orders/v2/ordersBulk", restaurant),
            await caller.GetAsync("/orders/v2/orders/5ff8b7a1-5f6f-4f0a-9d6f-2a7f0c1d2e3f", restaurant),
            await caller.GetAsync("/orders/v2/payments", restaurant),
        ];
        toast.Simulator.Chaos = new Chaos { PathPrefix = "/orders/", ServerErrorEvery = 1, ServerErrorStatus = 500 };
        replies = [.. replies, await caller.GetAsync("/orders/v2/payments", restaurant)];
        toast.Simulator.Chaos = Chaos.None;

        Assert.Equal([200, 401, 429, 400, 404, 400, 500], replies.Select(r => r.Status));
        Assert.Equal([], toast.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task A_broken_answer_and_a_broken_request_are_both_noticed()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new ToastCaller(toast.Proxy.CreateClient(), toast.Simulator.IssueToken());
        var before = toast.Proxy.Violations.Count;

        toast.Simulator.Chaos = new Chaos { TokenEndpoint = TokenEndpointMode.Html };
        await caller.LogInAsync("any", "any");
        toast.Simulator.Chaos = Chaos.None;
        await caller.GetAsync("/orders/v2/ordersBulk?businessDate=20251101");

        Assert.Contains(toast.Proxy.Violations.Skip(before), v => v.Contains("/login", StringComparison.Ordinal));
        Assert.Contains(toast.Proxy.Violations.Skip(before), v => v.Contains("/ordersBulk", StringComparison.Ordinal));
    }
}
