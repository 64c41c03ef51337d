using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Deliveries;

/// <summary>Who is told what, signed with what, and who may say so.</summary>
public sealed class SubscriptionTests : IAsyncLifetime
{
    private Deliverer _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await Deliverer.StartAsync(("Deliveries:MostSubscriptions", "3"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(null, null, "url")]
    [InlineData("not an address", null, "url")]
    [InlineData("ftp://sous.example/", null, "url")]
    [InlineData("https://user@sous.example/", null, "url")]
    [InlineData("https://sous.example/#top", null, "url")]
    [InlineData("http://sous.example/", null, "url")]
    [InlineData("https://sous.example:8443/", null, "url")]
    [InlineData("https://10.0.0.1/", null, "url")]
    [InlineData("https://169.254.169.254/latest/meta-data", null, "url")]
    [InlineData("https://0xa9fea9fe/", null, "url")]
    [InlineData("https://[fd00::1]/", null, "url")]
    [InlineData("https://[::ffff:10.0.0.1]/", null, "url")]
    [InlineData("https://sous.example/", "orders.created", "events")]
    [InlineData("https://sous.example/", "order.created.now", "events")]
    [InlineData("https://sous.example/", "order", "events")]
    [InlineData("https://sous.example/", "order.*\n", "events")]
    public async Task Bad_input_names_the_field(string? url, string? wanted, string field)
    {
        using var refused = await _host.App.Admin.PostAsJsonAsync("/api/v1/tenants/t1/subscriptions", new { url, events = wanted is null ? null : new[] { wanted } }, Token);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.True((await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task A_secret_is_told_once_and_is_kept_where_nobody_reads_it()
    {
        var made = await _host.SubscribeAsync();
        var id = made.GetProperty("id").GetString()!;
        var secret = made.GetProperty("secret").GetString()!;
        var rotated = (await _host.PostAsync($"subscriptions/{id}/rotate-secret", null, HttpStatusCode.OK)).GetProperty("secret").GetString()!;
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => _host.Receiver.Taken.Count == 1);

        string[] shown =
        [
            (await _host.GetAsync("subscriptions")).GetRawText(),
            (await _host.GetAsync($"subscriptions/{id}")).GetRawText(),
            (await _host.GetAsync("events")).GetRawText(),
            (await _host.GetAsync("deliveries")).GetRawText(),
            string.Join('\n', _host.App.Logs.Lines),
            await _host.App.ReadFilesAsync(),
        ];
        Assert.NotEqual(secret, rotated);
        Assert.All(shown, text =>
        {
            Assert.DoesNotContain("whsec_", text, StringComparison.Ordinal);
            Assert.DoesNotContain(secret[6..], text, StringComparison.Ordinal);
            Assert.DoesNotContain(rotated[6..], text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task While_a_secret_rolls_over_both_sign_and_then_the_new_one_alone()
    {
        var made = await _host.SubscribeAsync();
        var (id, old) = (made.GetProperty("id").GetString()!, made.GetProperty("secret").GetString()!);
        var rotated = await _host.PostAsync($"subscriptions/{id}/rotate-secret", null, HttpStatusCode.OK);
        var anew = rotated.GetProperty("secret").GetString()!;
        Assert.Equal(_host.App.Clock.GetUtcNow() + TimeSpan.FromHours(24), rotated.GetProperty("oldSecretUntil").GetDateTimeOffset(), TimeSpan.FromSeconds(1));

        var both = await DeliverAsync();
        Assert.Equal((2, true, true), (both.Signatures, both.IsSignedBy(old, Now), both.IsSignedBy(anew, Now)));
        await _host.PassAsync(TimeSpan.FromHours(24));
        var alone = await DeliverAsync();
        Assert.Equal((1, false, true), (alone.Signatures, alone.IsSignedBy(old, Now), alone.IsSignedBy(anew, Now)));

        // At once, as after a leak.
        var hurried = (await _host.PostAsync($"subscriptions/{id}/rotate-secret", new { overlapHours = 0 }, HttpStatusCode.OK)).GetProperty("secret").GetString()!;
        var now = await DeliverAsync();
        Assert.Equal((1, false, true), (now.Signatures, now.IsSignedBy(anew, Now), now.IsSignedBy(hurried, Now)));
    }

    [Fact]
    public async Task A_secret_goes_on_signing_when_all_is_encrypted_anew_and_the_old_data_key_destroyed()
    {
        var secret = (await _host.SubscribeAsync()).GetProperty("secret").GetString()!;
        var registry = _host.App.Get<IRegistry>();
        var stored = (await registry.FindAsync(TenantKey.Collection, Deliverer.Tenant, Token))!;
        await _host.App.Get<TenantKeys>().AdvanceAsync(stored, static _ => true, Token);

        Assert.Equal(0, await _host.App.Get<SubscriptionSecrets>().RewriteAsync(Token));
        await registry.WriteAsync(static transaction => transaction.Put(TenantKey.Collection, Newest(transaction.Find(TenantKey.Collection, Deliverer.Tenant)!)), Token);
        await _host.App.RestartAsync();

        Assert.Equal(2, (await _host.App.Get<IRegistry>().FindAsync(TenantKey.Collection, Deliverer.Tenant, Token))!.Newest.Number);
        Assert.True((await DeliverAsync()).IsSignedBy(secret, Now));
    }

    [Fact]
    public async Task A_secret_that_was_moved_to_another_subscription_signs_nothing_there()
    {
        var victim = (await _host.SubscribeAsync("order.*")).GetProperty("id").GetString()!;
        var thief = (await _host.SubscribeAsync("file.*")).GetProperty("id").GetString()!;
        await _host.App.Get<IRegistry>().WriteAsync(
            transaction =>
            {
                var (from, to) = (Subscription.KeyOf(new TenantId(Deliverer.Tenant), victim), Subscription.KeyOf(new TenantId(Deliverer.Tenant), thief));
                transaction.Put(Subscription.Collection, transaction.Find(Subscription.Collection, to)! with { Keys = transaction.Find(Subscription.Collection, from)!.Keys });
            },
            Token);

        await _host.TellAsync("con_1", "file.changed");
        await _host.EventuallyAsync(async () => (await _host.DeliveriesAsync()) is [var one] && one.GetProperty("attempts").GetInt32() == 1);

        Assert.Empty(_host.Receiver.Requests);
        Assert.Contains("cannot be decrypted", (await _host.DeliveriesAsync())[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tenant_has_so_many_and_no_more_and_sees_its_own_alone()
    {
        var first = (await _host.SubscribeAsync()).GetProperty("id").GetString()!;
        await _host.SubscribeAsync();
        await _host.SubscribeAsync();
        using var refused = await _host.App.Admin.PostAsJsonAsync("/api/v1/tenants/t1/subscriptions", new { url = _host.Receiver.Address }, Token);
        Assert.Equal("too_many_subscriptions", (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString());

        Assert.Empty((await _host.App.GetAsync("/api/v1/tenants/t2/subscriptions")).GetProperty("items").EnumerateArray());
        foreach (var path in (string[])["", "/enable", "/rotate-secret", "/replay"])
        {
            using var foreign = path.Length == 0
                ? await _host.App.Admin.GetAsync($"/api/v1/tenants/t2/subscriptions/{first}", Token)
                : await _host.App.Admin.PostAsync($"/api/v1/tenants/t2/subscriptions/{first}{path}", null, Token);
            Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        }

        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => _host.Receiver.Taken.Count == 3);
        Assert.Empty((await _host.App.GetAsync("/api/v1/tenants/t2/deliveries")).GetProperty("items").EnumerateArray());
        var delivery = (await _host.DeliveriesAsync())[0].GetProperty("id").GetString();
        using var none = await _host.App.Admin.GetAsync($"/api/v1/tenants/t2/deliveries/{delivery}", Token);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        using var taken = await _host.App.Admin.PostAsync($"/api/v1/tenants/t2/deliveries/{delivery}/replay", null, Token);
        Assert.Equal(HttpStatusCode.NotFound, taken.StatusCode);
    }

    [Fact]
    public async Task One_that_begins_at_an_earlier_place_of_the_log_is_told_what_came_after_it()
    {
        await _host.TellAsync("con_1", "order.created", "order.updated", "file.changed");

        await _host.PostAsync("subscriptions", new { url = _host.Receiver.Address, after = 1 }, HttpStatusCode.Created);
        await _host.EventuallyAsync(() => _host.Receiver.Taken.Count == 2);

        Assert.Equal([2, 3], _host.Receiver.Taken.Select(static request => request.Data.GetProperty("sequence").GetInt32()).Order());
    }

    [Fact]
    public async Task A_deleted_one_leaves_nothing_behind()
    {
        var id = (await _host.SubscribeAsync()).GetProperty("id").GetString()!;
        _host.Receiver.Answer = static (_, _) => Task.FromResult(503);
        await _host.TellAsync("con_1", "order.created", "order.updated");
        await _host.EventuallyAsync(() => !_host.Receiver.Requests.IsEmpty);
        await _host.SettleAsync();

        using var deleted = await _host.App.Admin.DeleteAsync($"/api/v1/tenants/t1/subscriptions/{id}", Token);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        var sent = _host.Receiver.Requests.Count;
        await _host.TellAsync("con_1", "order.created");
        _host.App.Clock.Advance(TimeSpan.FromHours(12));
        await _host.EventuallyAsync(async () => (await _host.Outbox.ListWaitingAsync(Token)).Count == 0);

        Assert.Empty(await _host.DeliveriesAsync());
        Assert.Equal(sent, _host.Receiver.Requests.Count);
        Assert.Null(await _host.Outbox.FindPositionAsync(id, Token));
    }

    [Fact]
    public async Task A_removed_tenant_is_told_nothing_more_and_its_deliveries_are_deleted()
    {
        await _host.SubscribeAsync();
        _host.Receiver.Answer = static (_, _) => Task.FromResult(503);
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => !_host.Receiver.Requests.IsEmpty);
        await _host.SettleAsync();
        _host.Receiver.Requests.Clear();

        using var deleted = await _host.App.Admin.DeleteAsync("/api/v1/tenants/t1", Token);
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            _host.App.Clock.Advance(TimeSpan.FromSeconds(10));
            using var made = await _host.App.Admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1" }, Token);
            return made.StatusCode == HttpStatusCode.Created;
        });

        Assert.Empty(_host.Receiver.Requests);
        Assert.Empty(await _host.DeliveriesAsync());
        Assert.Empty((await _host.GetAsync("subscriptions")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Records_of_a_deleted_connection_are_told_of_no_more_and_its_own_end_is()
    {
        await _host.SubscribeAsync();
        _host.Receiver.Answer = static (_, _) => Task.FromResult(503);
        await _host.TellAsync("con_1", "order.created", "connection.revoked");
        await _host.TellAsync("con_2", "order.created");
        await _host.EventuallyAsync(() => _host.Receiver.Requests.Count == 3);
        await _host.SettleAsync();

        await _host.App.Get<Sous.Plugins.Host.Changes.IChangeStore>().DeleteConnectionAsync(new TenantId("t1"), new ConnectionId("con_1"), Now, Token);
        _host.Receiver.Answer = null;
        await _host.PassAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(["con_1 connection.revoked", "con_2 order.created"], _host.Receiver.Taken.Select(static request => $"{request.Connection} {request.Type}").Order());
        Assert.Equal("The records that it tells of were deleted with their connection.", Assert.Single(await _host.DeliveriesAsync("?state=canceled")).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Each_change_has_its_entry_in_the_audit()
    {
        var id = (await _host.SubscribeAsync()).GetProperty("id").GetString()!;
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => _host.Receiver.Taken.Count == 1);
        await _host.SettleAsync();
        var delivery = (await _host.DeliveriesAsync())[0].GetProperty("id").GetString()!;
        await _host.PostAsync($"subscriptions/{id}/rotate-secret", null, HttpStatusCode.OK);
        await _host.PostAsync($"subscriptions/{id}/enable", null, HttpStatusCode.OK);
        await _host.PostAsync($"subscriptions/{id}/replay", null, HttpStatusCode.Accepted);
        await _host.PostAsync($"deliveries/{delivery}/replay", null, HttpStatusCode.Accepted);
        await _host.PostAsync($"deliveries/{delivery}/replay", new { data = new { note = "x" } }, HttpStatusCode.Accepted);
        using var deleted = await _host.App.Admin.DeleteAsync($"/api/v1/tenants/t1/subscriptions/{id}", Token);

        var entries = (await _host.App.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token)).Where(entry => entry.Target == id || entry.Target == delivery).ToList();
        Assert.Equal(
            ["deliveries.replayed", "delivery.edited", "delivery.replayed", "subscription.created", "subscription.deleted", "subscription.enabled", "subscription.secret_rotated"],
            entries.Select(static entry => entry.Action).Order(StringComparer.Ordinal));
        Assert.All(entries, static entry => Assert.Equal("t1", entry.Tenant?.Value));
    }

    private static TenantKey Newest(TenantKey key) => key with { Keys = [key.Newest] };

    private DateTimeOffset Now => _host.App.Clock.GetUtcNow();

    private async Task<WebhookReceiver.Request> DeliverAsync()
    {
        var before = _host.Receiver.Taken.Count;
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => _host.Receiver.Taken.Count > before);
        return _host.Receiver.Taken.Last();
    }
}
