using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Emergency;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Host.Tests.Webhooks;

namespace Sous.Plugins.Host.Tests.Emergency;

/// <summary>A frozen tenant's runs stop and its webhooks wait; once it is unfrozen all goes on, and nothing is lost.</summary>
public sealed class FreezeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_stops_where_it_is_webhooks_wait_and_all_of_it_arrives_once_that_is_over()
    {
        var shop = new HookedShop();
        shop.Shop.Open("A");
        await using var app = await WebhooksApp.StartAsync(shop);
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Tenant.Collection, new Tenant(SyncingHost.Tenant, null, app.Clock.GetUtcNow())), Token);
        var isReading = new TaskCompletionSource();
        shop.Shop.Sell("A", "o1");
        shop.Shop.BeforePage = async (_, _, stop) =>
        {
            isReading.TrySetResult();
            await Task.Delay(Timeout.Infinite, stop);
        };
        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.EventuallyAsync(() => Task.FromResult(isReading.Task.IsCompleted));

        var stopped = await app.Get<TenantFreezes>().FreezeAsync(SyncingHost.Tenant, "test", Token);
        await app.EventuallyAsync(() => Task.FromResult(!app.Get<RunQueue>().Active.Any()));
        shop.Shop.BeforePage = static (_, _, _) => ValueTask.CompletedTask;
        shop.Shop.Sell("A", "o2");
        var acknowledged = await app.SendAsync("e2|OrderCreated|acc-1|A|o2");
        await app.EventuallyAsync(async () => (await app.Inbox.ReadNewAsync(1, Token)).Count == 0);
        app.Clock.Advance(TimeSpan.FromHours(3));
        await app.EventuallyAsync(async () => !app.Get<RunQueue>().Active.Any() && (await app.Inbox.ListWorkAsync(Token)).Count > 0);

        Assert.Equal((1, HttpStatusCode.OK), (stopped, acknowledged));
        Assert.Empty(await app.FedAsync());
        Assert.Contains("frozen", (await app.RunsAsync())[0].Reason, StringComparison.Ordinal);

        Assert.True(await app.Get<TenantFreezes>().UnfreezeAsync(SyncingHost.Tenant, "test", Token));
        await app.EventuallyAsync(async () => (await app.FedAsync()).Order().SequenceEqual(["o1", "o2", "soup"]));
    }

    [Fact]
    public async Task What_changes_or_asks_a_service_is_refused_what_is_stored_is_read_and_other_tenants_notice_nothing()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.PostAsync("/api/v1/tenants", new { id = "t1" }, HttpStatusCode.Created);
        await host.PostAsync("/api/v1/tenants", new { id = "t2" }, HttpStatusCode.Created);

        var frozen = await host.PostAsync("/api/v1/emergency/freeze-tenant", new { tenant = "t1" }, HttpStatusCode.OK);
        var refused = await host.PostAsync("/api/v1/tenants/t1/connect-sessions", new { driver = "square" }, HttpStatusCode.Conflict);
        using var live = await host.Admin.GetAsync("/api/v1/tenants/t1/pos/sales?from=2026-03-01&to=2026-03-02", Token);
        using var stored = await host.Admin.GetAsync("/api/v1/tenants/t1/changes", Token);
        using var other = await host.Admin.GetAsync("/api/v1/tenants/t2/pos/sales?from=2026-03-01&to=2026-03-02", Token);
        await host.PostAsync("/api/v1/emergency/unfreeze-tenant", new { tenant = "t1" }, HttpStatusCode.OK);
        using var after = await host.Admin.GetAsync("/api/v1/tenants/t1/pos/sales?from=2026-03-01&to=2026-03-02", Token);

        Assert.True(frozen.GetProperty("frozen").GetBoolean());
        Assert.Equal("tenant_frozen", refused.GetProperty("code").GetString());
        Assert.Equal("tenant_frozen", await CodeAsync(live));
        Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
        Assert.Equal(("capability_absent", "capability_absent"), (await CodeAsync(other), await CodeAsync(after)));
        var audit = await host.Admin.GetFromJsonAsync<JsonElement>("/api/v1/audit", Token);
        Assert.Equal(
            ["emergency.tenant_frozen", "emergency.tenant_unfrozen"],
            audit.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("action").GetString()!).Where(action => action.StartsWith("emergency", StringComparison.Ordinal)));
        await host.PostAsync("/api/v1/emergency/freeze-tenant", new { tenant = "absent" }, HttpStatusCode.BadRequest);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response)
        => (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}
