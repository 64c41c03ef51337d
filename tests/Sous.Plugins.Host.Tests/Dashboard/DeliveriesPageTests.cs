using System.Net;
using System.Text.Json;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Dashboard.Deliveries;
using Sous.Plugins.Host.Dashboard.Events;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>What is on its way to the platform, what was given up, and sending it again.</summary>
public sealed class DeliveriesPageTests : IAsyncLifetime
{
    private RunningWorker _host = null!;
    private WebhookReceiver _receiver = null!;
    private DashboardBrowser _browser = null!;
    private string _keyId = "";
    private SubscriptionKey _subscription;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Address => $"/dashboard/tenants/hill/subscriptions/{_subscription.Id}";

    public async ValueTask InitializeAsync()
    {
        _host = await RunningWorker.StartAsync();
        _receiver = await WebhookReceiver.StartAsync(Token);
        (_keyId, var key) = await _host.AddTenantAsync("hill");
        var made = await _host.PostAsync("/api/v1/tenants/hill/subscriptions", new { url = new Uri(_receiver.Address, "/hooks/path-secret?token=query-secret") }, HttpStatusCode.Created);
        _subscription = new SubscriptionKey(new TenantId("hill"), made.GetProperty("id").GetString()!);
        _browser = await DashboardBrowser.SignInAsync(_host, key);
    }

    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        await _receiver.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_delivery_that_was_given_up_is_sent_again_as_it_was()
    {
        var delivery = await AddAsync("order.created", """{"records":["o1"]}""", RetryStepTo(DeliveryState.Dead));

        Assert.Contains("1 was given up, and can be sent again", await _browser.ReadAsync("/dashboard/deliveries"), StringComparison.Ordinal);
        var queue = await _browser.ReadAsync(Address);
        Assert.Contains($"href=\"/dashboard/tenants/hill/deliveries/{delivery.Id}\">New orders</a>", queue, StringComparison.Ordinal);
        Assert.Contains("It answered with status 500.", queue, StringComparison.Ordinal);
        using var pressed = await _browser.SubmitAsync($"/dashboard/tenants/hill/deliveries/{delivery.Id}/replay");

        Assert.Equal((HttpStatusCode.SeeOther, $"/dashboard/tenants/hill/deliveries/{delivery.Id}"), (pressed.StatusCode, pressed.Headers.Location?.OriginalString));
        var taken = await TakenAsync();
        Assert.Equal((delivery.Event, "o1"), (taken.Id, taken.Data.GetProperty("records")[0].GetString()));
        Assert.Contains("delivery.replayed", await AuditedAsync());
    }

    [Fact]
    public async Task An_edited_one_goes_out_under_an_id_of_its_own_and_what_is_no_object_stays_where_it_was_written()
    {
        var delivery = await AddAsync("order.created", """{"records":["o1"]}""", RetryStepTo(DeliveryState.Dead));
        var edit = $"/dashboard/tenants/hill/deliveries/{delivery.Id}/edit";

        foreach (var wrong in new[] { "{ <b>broken", "[1]", "" })
        {
            using var refused = await _browser.SubmitAsync(edit, ("data", wrong));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains($">\n{WebUtility.HtmlEncode(wrong)}</textarea>", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        using var pressed = await _browser.SubmitAsync(edit, ("data", """{"records":["o2"]}"""));

        Assert.NotEqual($"/dashboard/tenants/hill/deliveries/{delivery.Id}", pressed.Headers.Location?.OriginalString);
        var taken = await TakenAsync();
        Assert.NotEqual(delivery.Event, taken.Id);
        Assert.Equal("o2", taken.Data.GetProperty("records")[0].GetString());
        Assert.Contains(">Canceled", await _browser.ReadAsync($"/dashboard/tenants/hill/deliveries/{delivery.Id}"), StringComparison.Ordinal);
        Assert.Contains("delivery.edited", await AuditedAsync());
    }

    [Fact]
    public async Task A_disabled_address_says_why_and_is_delivered_to_again_by_its_button()
    {
        await _host.Worker.Get<SubscriptionStore>().DisableAsync(_subscription, "The receiver says that it is gone.", Token);

        var page = await _browser.ReadAsync("/dashboard/deliveries");
        Assert.Contains("Nothing is delivered to it any more", page, StringComparison.Ordinal);
        Assert.Contains("The receiver says that it is gone.", page, StringComparison.Ordinal);
        using var pressed = await _browser.SubmitAsync($"{Address}/enable");

        Assert.Equal(Address, pressed.Headers.Location?.OriginalString);
        Assert.DoesNotContain("/enable\"", await _browser.ReadAsync(Address), StringComparison.Ordinal);
        Assert.Contains("subscription.enabled", await AuditedAsync());
    }

    [Fact]
    public async Task One_that_waits_says_for_what_and_nothing_secret_is_shown()
    {
        var first = await AddAsync("order.created", "{}", RetryStepTo(DeliveryState.Pending));
        var behind = await AddAsync("order.updated", "{}", null);

        var queue = await _browser.ReadAsync($"{Address}?state=pending");

        Assert.Contains("The next attempt is", queue, StringComparison.Ordinal);
        Assert.Contains("It waits for the one before it", queue, StringComparison.Ordinal);
        var pages = new[] { queue, await _browser.ReadAsync("/dashboard/deliveries"), await _browser.ReadAsync($"/dashboard/tenants/hill/deliveries/{first.Id}"), await _browser.ReadAsync($"/dashboard/tenants/hill/deliveries/{behind.Id}") };
        Assert.All(pages, static page => Assert.DoesNotContain("-secret", page, StringComparison.Ordinal));
        Assert.All(pages, static page => Assert.DoesNotContain("whsec_", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_tenants_deliveries_are_absent()
    {
        var delivery = await AddAsync("order.created", "{}", RetryStepTo(DeliveryState.Dead));
        var (_, key) = await _host.AddTenantAsync("lake");
        using var stranger = await DashboardBrowser.SignInAsync(_host, key);

        Assert.DoesNotContain("given up", await stranger.ReadAsync("/dashboard/deliveries"), StringComparison.Ordinal);
        foreach (var path in new[] { $"tenants/lake/subscriptions/{_subscription.Id}", $"tenants/lake/deliveries/{delivery.Id}", Address["/dashboard/".Length..] })
        {
            using var answer = await stranger.OpenAsync($"/dashboard/{path}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        using var pressed = await stranger.SubmitAsync($"/dashboard/tenants/lake/deliveries/{delivery.Id}/replay");
        Assert.Equal(HttpStatusCode.NotFound, pressed.StatusCode);
        using var query = await _browser.OpenAsync($"{Address}?state=nowhere");
        Assert.Equal(HttpStatusCode.NotFound, query.StatusCode);
    }

    [Fact]
    public void Each_state_has_its_words()
    {
        var states = Enum.GetValues<DeliveryState>();
        Assert.Equal(states.Length, states.Select(static state => DeliveryWords.Of(state).Text).Distinct().Count());
        Assert.Equal(states.Length, states.Select(DeliveryWords.None).Distinct().Count());
        Assert.Equal(("something.new", Tone.Plain), EventWords.Of("something.new"));
    }

    private static RetryStep RetryStepTo(DeliveryState state) => new(state, TimeProvider.System.GetUtcNow().AddHours(1), 9);

    /// <summary>One that was tried once, with that end; null for one that was not.</summary>
    private async Task<Delivery> AddAsync(string type, string data, RetryStep? step)
    {
        var now = TimeProvider.System.GetUtcNow();
        var outbox = _host.Worker.Get<IOutbox>();
        var id = OutboxFeeder.NewId();
        var wish = new Delivery
        {
            Id = id,
            Tenant = _subscription.Tenant,
            Subscription = _subscription.Id,
            Lane = "con_1/sales",
            Event = $"evt_{id}",
            Type = type,
            At = now,
            Data = data,
            Since = now,
            CreatedAt = now,
        };
        await outbox.KeepAsync(_subscription, [wish], 0, Token);
        var kept = (await outbox.FindAsync(_subscription.Tenant, id, Token))!;
        if (step is { } to)
        {
            await outbox.FinishAsync(kept, new DeliveryAttempt(now, TimeSpan.FromSeconds(1), 500, "It answered with status 500."), to, null, Token);
        }

        return kept;
    }

    private async Task<WebhookReceiver.Request> TakenAsync()
    {
        WebhookReceiver.Request? taken;
        while (!_receiver.Taken.TryDequeue(out taken))
        {
            await Task.Delay(20, Token);
        }

        return taken;
    }

    private async Task<IReadOnlyList<string>> AuditedAsync()
        => [.. (await _host.Worker.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token)).Where(entry => entry.Actor == _keyId).Select(static entry => entry.Action)];
}
