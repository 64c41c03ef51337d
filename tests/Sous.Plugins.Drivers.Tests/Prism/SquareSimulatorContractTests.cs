using System.Text.Json;
using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>The simulator against Square's own definition, through Prism.</summary>
public sealed class SquareSimulatorContractTests(SquarePrismFixture square) : IClassFixture<SquarePrismFixture>
{
    private static readonly string[] ObjectTypes = ["ITEM", "ITEM_VARIATION", "CATEGORY", "TAX", "DISCOUNT", "MODIFIER_LIST", "MODIFIER", "MEASUREMENT_UNIT"];

    [Fact]
    public async Task Every_operation_keeps_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new SquareCaller(square.Proxy.CreateClient(), square.Simulator.IssueAccessToken());
        var before = square.Proxy.Violations.Count;

        var orders = await caller.AllOrdersAsync(SquareFixture.Locations, limit: 500);
        var payments = await caller.AllPaymentsAsync(SquareFixture.Locations);
        var refunds = await caller.AllRefundsAsync();
        await ReadOneByOneAsync(caller, orders[0], payments[0], refunds[0]);
        await ReadCatalogAsync(caller);
        await ReadMerchantAsync(caller);

        Assert.Equal(600, orders.Count);
        Assert.Equal([], square.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task Token_messages_keep_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new SquareCaller(square.Proxy.CreateClient(), null);
        using var pages = new SquareCaller(square.Simulator);
        var oauth = new SquareOAuth(square.Simulator, pages, caller);
        var before = square.Proxy.Violations.Count;

        var token = await oauth.ConnectAsync();
        var refreshed = await oauth.RefreshAsync(token.Member("refresh_token")!);
        caller.Authorize(refreshed.Member("access_token"));
        var status = await caller.PostAsync("/oauth2/token/status", new { });
        caller.Authorize(null);
        var revoked = await caller.PostAsync("/oauth2/revoke", new { client_id = square.Simulator.Options.ClientId, access_token = token.Member("access_token") }, $"Client {square.Simulator.ClientSecret}");

        Assert.Equal((200, 200, 200, 200), (token.Status, refreshed.Status, status.Status, revoked.Status));
        Assert.Equal([], square.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task Error_answers_keep_to_the_definition()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new SquareCaller(square.Proxy.CreateClient(), square.Simulator.IssueAccessToken("ORDERS_READ"));
        var before = square.Proxy.Violations.Count;

        SquareReply[] replies =
        [
            await caller.PostAsync("/v2/orders/search", new { location_ids = Array.Empty<string>() }),
            await caller.PostAsync("/v2/orders/search", new { location_ids = SquareFixture.Locations, cursor = "nonsense" }),
            await caller.GetAsync("/v2/orders/none"),
            await caller.GetAsync("/v2/payments"),
            await caller.PostAsync("/oauth2/token", new { client_id = "stranger", grant_type = "refresh_token" }),
            await caller.PostAsync("/oauth2/revoke", new { client_id = "stranger" }, "Client wrong"),
        ];
        square.Simulator.Chaos = new Chaos { RateLimitEvery = 2, ServerErrorEvery = 3 };
        replies = [.. replies, .. new[] { await caller.GetAsync("/v2/orders/none"), await caller.GetAsync("/v2/orders/none"), await caller.GetAsync("/v2/orders/none") }];
        square.Simulator.Chaos = Chaos.None;

        Assert.Equal([400, 400, 404, 403, 401, 401, 404, 429, 503], replies.Select(r => r.Status));
        Assert.Equal([], square.Proxy.Violations.Skip(before));
    }

    [Fact]
    public async Task A_broken_answer_and_a_broken_request_are_both_noticed()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var caller = new SquareCaller(square.Proxy.CreateClient(), square.Simulator.IssueAccessToken());
        var before = square.Proxy.Violations.Count;

        square.Simulator.Chaos = new Chaos { TokenEndpoint = TokenEndpointMode.Html };
        await caller.PostAsync("/oauth2/token", new { client_id = "any", grant_type = "refresh_token" });
        square.Simulator.Chaos = Chaos.None;
        await caller.PostAsync("/v2/orders/search", new { location_ids = "not-a-list" });

        Assert.Contains(square.Proxy.Violations.Skip(before), v => v.Contains("/oauth2/token", StringComparison.Ordinal));
        Assert.Contains(square.Proxy.Violations.Skip(before), v => v.Contains("/v2/orders/search", StringComparison.Ordinal));
    }

    private static async Task ReadOneByOneAsync(SquareCaller caller, JsonElement order, JsonElement payment, JsonElement refund)
    {
        Assert.Equal(200, (await caller.GetAsync($"/v2/orders/{Id(order)}")).Status);
        Assert.Equal(200, (await caller.GetAsync($"/v2/payments/{Id(payment)}")).Status);
        Assert.Equal(200, (await caller.GetAsync($"/v2/refunds/{Id(refund)}")).Status);
        Assert.Equal(200, (await caller.PostAsync("/v2/orders/batch-retrieve", new { order_ids = new[] { Id(order) } })).Status);
        Assert.Equal(200, (await caller.PostAsync("/v2/orders/search", new { location_ids = SquareFixture.Locations, return_entries = true })).Status);
    }

    private static async Task ReadCatalogAsync(SquareCaller caller)
    {
        var objects = await SquareCaller.WalkAsync("objects", cursor => caller.PostAsync("/v2/catalog/search",
            new { object_types = ObjectTypes, include_deleted_objects = true, cursor }));
        Assert.Equal(ObjectTypes.Order(), objects.Select(o => o.GetProperty("type").GetString()).Distinct().Order());
        await SquareCaller.WalkAsync("objects", cursor => caller.GetAsync($"/v2/catalog/list{(cursor is null ? "" : $"?cursor={cursor}")}"));
        var item = objects.First(o => o.GetProperty("type").GetString() == "ITEM");
        Assert.Equal(200, (await caller.GetAsync($"/v2/catalog/object/{Id(item)}?include_related_objects=true")).Status);
        Assert.Equal(200, (await caller.PostAsync("/v2/catalog/batch-retrieve", new { object_ids = new[] { Id(item) }, include_related_objects = true })).Status);
    }

    private static async Task ReadMerchantAsync(SquareCaller caller)
    {
        foreach (var path in new[] { "/v2/merchants", "/v2/merchants/me", "/v2/locations", "/v2/locations/main" })
        {
            Assert.Equal(200, (await caller.GetAsync(path)).Status);
        }
    }

    private static string? Id(JsonElement record) => record.GetProperty("id").GetString();
}
