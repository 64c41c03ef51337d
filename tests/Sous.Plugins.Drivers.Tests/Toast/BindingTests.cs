using System.Text.Json.Nodes;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Toast;

/// <summary>One client sees the restaurants of many tenants: what a connection is not bound to is neither asked for nor taken.</summary>
public sealed class BindingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_the_bound_restaurants_are_discovered_and_asked_for()
    {
        await using var kit = await ToastKit.StartAsync(100);

        var locations = await kit.LocationsAsync();
        foreach (var location in locations)
        {
            await kit.SalesAsync(location);
            await kit.MenusAsync(location);
        }

        Assert.Equal(kit.Bound.Order(StringComparer.Ordinal), locations.Select(location => location.Ref.Id).Order(StringComparer.Ordinal));
        Assert.True(kit.Toast.Truth.Restaurants.Count(r => r.Connected) > kit.Bound.Count);
        Assert.Empty(kit.Toast.Requests.Select(r => r.Headers.GetValueOrDefault("Toast-Restaurant-External-ID")).OfType<string>().Except(kit.Bound));
        var toronto = locations.Single(location => location.Currency == "CAD");
        Assert.Equal(("America/Toronto", TimeSpan.FromHours(5), "CA", true), (toronto.TimeZone, toronto.BusinessDayStart, toronto.Country, toronto.Active));
        Assert.Single(locations, location => !location.Active);
    }

    [Fact]
    public async Task Anothers_restaurant_is_refused_before_anything_is_sent()
    {
        await using var kit = await ToastKit.StartAsync(10);
        var foreign = kit.Toast.Truth.Restaurants.First(r => r.Connected && !kit.Bound.Contains(r.Id));
        var location = await kit.LocationAsync();
        var theirs = location with { Ref = new ExternalRef("toast", foreign.Id) };
        kit.Requests.Clear();

        DriverException[] refusals =
        [
            await Assert.ThrowsAsync<DriverException>(() => kit.SalesAsync(theirs)),
            await Assert.ThrowsAsync<DriverException>(() => kit.MenusAsync(theirs)),
            await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver.ReadDayTotalsAsync(theirs, new DateOnly(2025, 11, 1), Token)),
        ];

        Assert.All(refusals, refusal => Assert.Equal(FailureKind.Misconfigured, refusal.Kind));
        Assert.All(refusals, refusal => Assert.Contains("'restaurants'", refusal.Message, StringComparison.Ordinal));
        Assert.Empty(kit.Requests.Calls);
    }

    [Fact]
    public async Task Anothers_menus_in_the_answer_are_refused()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var location = await kit.LocationAsync();
        kit.Toast.MistakenMenus = kit.Toast.Truth.Restaurants.First(r => !kit.Bound.Contains(r.Id)).Id;

        var refusal = await Assert.ThrowsAsync<DriverException>(() => kit.MenusAsync(location));

        Assert.Equal(FailureKind.Misconfigured, refusal.Kind);
        Assert.Contains("another restaurant", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anothers_order_in_the_answer_is_refused_in_a_list_and_alone()
    {
        const string order = $$"""{"guid":"{{ScriptedToast.Order}}","restaurantGuid":"{{ScriptedToast.Foreign}}","modifiedDate":"2025-11-19T21:00:00.500-0500","checks":[]}""";
        var list = new ScriptedToast().On("/orders/v2/ordersBulk", $"[{order}]");
        var alone = new ScriptedToast().On("/orders/v2/orders/", order);
        var other = new ScriptedToast().On("/orders/v2/orders/", order.Replace($"\"restaurantGuid\":\"{ScriptedToast.Foreign}\",", "", StringComparison.Ordinal));

        var first = await Assert.ThrowsAsync<DriverException>(() => list.SalesAsync());
        var second = await Assert.ThrowsAsync<DriverException>(() => Refunded(alone, ScriptedToast.Order).SalesAsync());
        var third = await Assert.ThrowsAsync<DriverException>(() => Refunded(other, ScriptedToast.Foreign).SalesAsync());

        Assert.All([first, second, third], refusal => Assert.Equal(FailureKind.Misconfigured, refusal.Kind));
        Assert.Contains("another order", third.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restaurant_that_answers_as_another_is_refused()
    {
        var toast = new ScriptedToast().On("/restaurants/", $$$"""{"guid":"{{{ScriptedToast.Foreign}}}","general":{"name":"Theirs","timeZone":"Europe/Dublin","currencyCode":"EUR"}}""");

        Assert.Equal(FailureKind.Misconfigured, (await Assert.ThrowsAsync<DriverException>(async () => await toast.Driver.DiscoverLocationsAsync(Token))).Kind);
    }

    [Fact]
    public async Task A_probe_names_a_restaurant_that_has_not_let_the_client_in()
    {
        await using var whole = await ToastKit.StartAsync(0);
        var stranger = whole.Toast.Truth.Restaurants.Single(r => !r.Connected).Id;
        await using var kit = await ToastKit.StartAsync(0, bound: [.. whole.Bound, stranger]);

        var probe = await whole.Driver.ProbeAsync(Token);
        var refusal = await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver.ProbeAsync(Token));

        Assert.Equal((whole.Toast.Truth.Restaurants[0].Owner, "Copper Kettle"), (probe.AccountId, probe.AccountName));
        Assert.Contains(stranger, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(FailureKind.Misconfigured, refusal.Kind);
    }

    [Fact]
    public async Task A_client_without_the_partners_api_is_probed_restaurant_by_restaurant()
    {
        var restaurant = new JsonObject { ["guid"] = ScriptedToast.Own, ["general"] = new JsonObject { ["name"] = "Mine", ["managementGroupGuid"] = "g", ["timeZone"] = "Europe/Dublin", ["currencyCode"] = "EUR" } };
        var toast = new ScriptedToast().On("/partners/", "", 403).On("/restaurants/", restaurant.ToJsonString());

        var probe = await toast.Driver.ProbeAsync(Token);

        Assert.Equal(("g", "Mine"), (probe.AccountId, probe.AccountName));
    }

    /// <summary>A refund by which the order is asked for by its own id.</summary>
    private static ScriptedToast Refunded(ScriptedToast toast, string order) => toast
        .On("/orders/v2/payments?", $"[\"{ScriptedToast.Order}\"]")
        .On("/orders/v2/payments/", $$"""{"guid":"{{ScriptedToast.Order}}","orderGuid":"{{order}}"}""");
}
