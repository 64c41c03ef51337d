using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>The composed host, the real Toast driver out of its folder, and a Toast whose client sees the restaurants of two owners.</summary>
public sealed class ToastFlowTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_tenants_sync_their_own_restaurants_and_share_one_login()
    {
        await using var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 250, Days = 20, RateLimits = false }, cancellationToken: Token);
        await using var host = await StartAsync(toast, toast.Address.AbsoluteUri);
        var truth = toast.Truth.Restaurants;
        var (mine, theirs) = (truth[0], truth.First(r => r.Connected && r.Owner != truth[0].Owner));

        await ConnectAsync(host, "t1", mine.Id);
        await ConnectAsync(host, "t2", theirs.Id);

        Assert.Equal(mine.OrderIds.Order(StringComparer.Ordinal), await SalesAsync(host, "t1"));
        Assert.Equal(theirs.OrderIds.Order(StringComparer.Ordinal), await SalesAsync(host, "t2"));
        Assert.Single(toast.Requests, request => request.Path == "/authentication/v1/authentication/login");
        var today = TimeProvider.System.GetUtcNow();
        foreach (var tenant in (string[])["t1", "t2"])
        {
            var days = await host.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/tenants/{tenant}/days?tieOut=true&from={today.AddDays(-21):yyyy-MM-dd}&to={today:yyyy-MM-dd}", Token);
            Assert.NotEmpty(days.GetProperty("items").EnumerateArray());
            Assert.All(days.GetProperty("items").EnumerateArray(), day => Assert.True(day.GetProperty("tieOut").GetProperty("ties").GetBoolean(), day.ToString()));
        }
    }

    [Fact]
    public async Task What_happens_at_a_restaurant_reaches_its_own_tenants_feed_and_events_by_webhook()
    {
        await using var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 20, Days = 5, RateLimits = false }, cancellationToken: Token);
        await using var host = await StartAsync(toast, toast.Address.AbsoluteUri);
        var truth = toast.Truth.Restaurants;
        var (mine, theirs) = (truth[0], truth.First(r => r.Connected && r.Owner != truth[0].Owner));
        await ConnectAsync(host, "t1", mine.Id);
        await ConnectAsync(host, "t2", theirs.Id);
        var driver = await host.Admin.GetFromJsonAsync<JsonElement>("/api/v1/drivers/toast", Token);
        toast.Webhooks.Address = new Uri(driver.GetProperty("webhook").GetProperty("address").GetString()!);
        toast.Chaos = new Chaos { ForgedWebhookEvery = 2, DuplicateWebhookEvery = 3 };

        var open = toast.Changes.AddOpenOrder(mine.Id);
        await AuthorizationApp.EventuallyAsync(async () => (await SalesAsync(host, "t1")).Contains(open));
        toast.Changes.PayOrder(open);
        var foreign = toast.Changes.AddOrder(theirs.Id);

        await AuthorizationApp.EventuallyAsync(async () => (await SalesAsync(host, "t2")).Contains(foreign));
        await AuthorizationApp.EventuallyAsync(async () => (await EventsAsync(host, "t1", open)).Contains("order.updated"));
        Assert.Equal("order.created", (await EventsAsync(host, "t1", open))[0]);
        Assert.DoesNotContain(foreign, await SalesAsync(host, "t1"));
        Assert.DoesNotContain(open, await SalesAsync(host, "t2"));
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(toast.Webhooks.Attempts.Count >= 5));
        Assert.All(toast.Webhooks.Attempts, attempt => Assert.Equal(attempt.Forged ? 401 : 200, attempt.Status));
    }

    [Fact]
    public async Task What_cannot_be_bound_is_named_and_nothing_is_kept()
    {
        await using var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0 }, cancellationToken: Token);
        await using var host = await StartAsync(toast, toast.Address.AbsoluteUri);
        await host.PostAsync("/api/v1/tenants", new { id = "t1", name = "Bistro" }, HttpStatusCode.Created);
        var stranger = toast.Truth.Restaurants.Single(r => !r.Connected).Id;

        var none = await host.PostAsync("/api/v1/tenants/t1/connections", new { driver = "toast" }, HttpStatusCode.BadRequest);
        var wrong = await host.PostAsync("/api/v1/tenants/t1/connections", new { driver = "toast", settings = Restaurants("mine") }, HttpStatusCode.BadRequest);
        var closed = await host.PostAsync("/api/v1/tenants/t1/connections", new { driver = "toast", settings = Restaurants(stranger) }, HttpStatusCode.Conflict);

        Assert.Contains("restaurants", none.ToString(), StringComparison.Ordinal);
        Assert.Contains("settings.restaurants", wrong.ToString(), StringComparison.Ordinal);
        Assert.Contains(stranger, closed.ToString(), StringComparison.Ordinal);
        var kept = await host.Admin.GetFromJsonAsync<JsonElement>("/api/v1/tenants/t1/connections", Token);
        Assert.Empty(kept.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Where_Toast_is_the_operator_has_to_say()
    {
        await using var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0 }, cancellationToken: Token);
        await using var host = await StartAsync(toast, null);
        await host.PostAsync("/api/v1/tenants", new { id = "t1", name = "Bistro" }, HttpStatusCode.Created);

        var refused = await host.PostAsync("/api/v1/tenants/t1/connections", new { driver = "toast", settings = Restaurants(toast.Truth.Restaurants[0].Id) }, HttpStatusCode.Conflict);

        Assert.Contains("SOUS_Clients__toast__ApiUrl and SOUS_Clients__toast__AuthUrl", refused.ToString(), StringComparison.Ordinal);
        Assert.Empty(toast.Requests);
    }

    private static object Restaurants(params string[] restaurants) => new { restaurants };

    private static Task<RunningWorker> StartAsync(ToastSimulator toast, string? address) => RunningWorker.StartAsync(
        ("Clients:toast:ClientId", toast.Options.ClientId),
        ("Clients:toast:ClientSecret", toast.ClientSecret),
        ("Clients:toast:WebhookSecret", toast.WebhookSecret),
        ("Clients:toast:AuthUrl", address ?? ""),
        ("Clients:toast:ApiUrl", address ?? ""),
        // Turns would come by a clock that stands still.
        ("Clients:toast:RateLimits:Connection", "none"));

    private static async Task ConnectAsync(RunningWorker host, string tenant, string restaurant)
    {
        await host.PostAsync("/api/v1/tenants", new { id = tenant, name = "Bistro" }, HttpStatusCode.Created);
        var connection = await host.PostAsync($"/api/v1/tenants/{tenant}/connections", new { driver = "toast", settings = Restaurants(restaurant) }, HttpStatusCode.Created);
        var path = $"/api/v1/tenants/{tenant}/connections/{connection.GetProperty("id").GetString()}";
        var found = await host.PostAsync($"{path}/locations/discover", new { }, HttpStatusCode.OK);
        Assert.Equal(restaurant, Assert.Single(found.GetProperty("items").EnumerateArray()).GetProperty("externalId").GetString());
        using var mapped = await host.Admin.PutAsJsonAsync($"{path}/locations/{restaurant}", new { ownId = $"{tenant}-main" }, Token);
        Assert.True(mapped.IsSuccessStatusCode);
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            var runs = (await host.Admin.GetFromJsonAsync<JsonElement>($"{path}/runs", Token)).GetProperty("items").EnumerateArray().ToList();
            return runs.Select(run => run.GetProperty("stream").GetString()).Distinct().Count() == 2 && runs.TrueForAll(run => run.GetProperty("outcome").GetString() == "completed");
        });
    }

    /// <summary>What the tenant was told of an order, in its order.</summary>
    private static async Task<List<string>> EventsAsync(RunningWorker host, string tenant, string order)
    {
        var page = await host.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/tenants/{tenant}/events?limit=1000", Token);
        return [.. page.GetProperty("items").EnumerateArray().Where(one => one.ToString().Contains(order, StringComparison.Ordinal)).Select(one => one.GetProperty("type").GetString()!)];
    }

    /// <summary>The ids of a tenant's sales by its feed, in order.</summary>
    private static async Task<List<string>> SalesAsync(RunningWorker host, string tenant)
    {
        var page = await host.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/tenants/{tenant}/changes?stream=sales&limit=1000", Token);
        return [.. page.GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("id").GetString()!).Distinct().Order(StringComparer.Ordinal)];
    }
}
