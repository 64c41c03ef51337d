using System.Net;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Events;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>What happened, in words, newest first, and as it happens.</summary>
public sealed class EventsPageTests
{
    private const string Address = "/dashboard/tenants/hill/events";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_happened_stands_there_newest_first_with_whose_why_who_must_act_and_the_run()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "<b>Hill Street</b>");
        await TellAsync(host, "hill", connection.Id, "connection.connected", "sync.failed");
        using var browser = await DashboardBrowser.SignInAsync(host, key);

        using var chosen = await browser.OpenAsync("/dashboard/events");
        Assert.Equal(Address, chosen.Headers.Location?.OriginalString);
        var page = await browser.ReadAsync(Address);

        Assert.True(page.IndexOf(">Could not be fetched<", StringComparison.Ordinal) < page.IndexOf(">Connected<", StringComparison.Ordinal));
        Assert.Contains($"href=\"/dashboard/tenants/hill/connections/{connection.Id}\">Square", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/dashboard/runs/run_1\"", page, StringComparison.Ordinal);
        Assert.Contains("Because of &lt;script&gt;.", page, StringComparison.Ordinal);
        Assert.Contains("The owner of the account must act.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>Hill", page, StringComparison.Ordinal);
        Assert.DoesNotContain("sync.failed", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_kind_and_one_connection_are_chosen_and_older_ones_turned_to()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        var (one, other) = (await host.AddConnectionAsync("hill", "One"), await host.AddConnectionAsync("hill", "Other"));
        await TellAsync(host, "hill", one.Id, [.. Enumerable.Repeat("order.created", 120)]);
        await TellAsync(host, "hill", other.Id, "connection.paused");
        using var browser = await DashboardBrowser.SignInAsync(host, key);

        Assert.Equal((0, 1), await CountAsync($"{Address}?type=connection"));
        Assert.Equal((0, 1), await CountAsync($"{Address}?connection={other.Id}"));
        Assert.Equal((20, 0), await CountAsync($"{Address}?type=order&connection={one.Id}&before=121"));
        Assert.Equal((10, 0), await CountAsync($"{Address}?type=order&before=11"));
        Assert.Contains($"type=order&amp;connection={one.Id}&amp;before=101\">Older</a>", await browser.ReadAsync($"{Address}?type=order&connection={one.Id}"), StringComparison.Ordinal);
        foreach (var wrong in new[] { "before=0", "before=x", "type=orders" })
        {
            using var answer = await browser.OpenAsync($"{Address}?{wrong}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        async Task<(int Orders, int Pauses)> CountAsync(string address)
        {
            var page = await browser.ReadAsync(address);
            return (page.Split(">New orders<").Length - 1, page.Split(">Paused<").Length - 1);
        }
    }

    [Fact]
    public async Task What_is_rare_is_looked_for_in_parts_and_older_ones_go_on_from_where_that_ended()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await TellAsync(host, "hill", connection.Id, ["connection.paused", .. Enumerable.Repeat("order.created", 1_150)]);
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        var first = await browser.ReadAsync($"{Address}?type=connection");
        var older = await browser.ReadAsync($"{Address}?type=connection&before=200");

        Assert.DoesNotContain(">Paused<", first, StringComparison.Ordinal);
        Assert.Contains("Nothing of this kind is among the events looked through so far.", first, StringComparison.Ordinal);
        Assert.Contains("type=connection&amp;connection=&amp;before=200\">Older</a>", first, StringComparison.Ordinal);
        Assert.Contains(">Paused<", older, StringComparison.Ordinal);
        Assert.DoesNotContain(">Older</a>", older, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_connection_that_was_chosen_stays_chosen_however_many_there_are_and_when_it_is_gone()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        Connection last = await host.AddConnectionAsync("hill", "0");
        foreach (var number in Enumerable.Range(1, 31))
        {
            last = await host.AddConnectionAsync("hill", $"{number}");
        }

        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        foreach (var chosen in new[] { last.Id.Value, "con_gone" })
        {
            Assert.Contains($"<option value=\"{chosen}\" selected>", await browser.ReadAsync($"{Address}?connection={chosen}"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_open_page_is_told_that_there_is_news_and_not_what()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        Assert.Contains($"data-changes=\"{Address}/changes\" data-state=\"0\"", await browser.ReadAsync(Address), StringComparison.Ordinal);
        Assert.DoesNotContain("data-changes", await browser.ReadAsync($"{Address}?before=5"), StringComparison.Ordinal);

        using var answer = await browser.FetchAsync($"{Address}/changes");
        using var told = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
        Assert.Equal("0", await ReadAsync(told));
        await TellAsync(host, "hill", connection.Id, "connection.paused");

        Assert.Equal("1", await ReadAsync(told));

        static async Task<string?> ReadAsync(StreamReader told)
        {
            Assert.Equal("event: changed", await told.ReadLineAsync(Token));
            var data = await told.ReadLineAsync(Token);
            Assert.Equal("", await told.ReadLineAsync(Token));
            return data?["data: ".Length..];
        }
    }

    [Fact]
    public async Task Another_tenants_events_are_absent_and_an_admin_chooses_whose()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        await host.AddTenantAsync("lake", "Lake House");
        using var stranger = await DashboardBrowser.SignInAsync(host, key);
        using var admin = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        foreach (var path in new[] { "/dashboard/tenants/lake/events", "/dashboard/tenants/lake/events/changes" })
        {
            using var answer = await stranger.OpenAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        Assert.Contains("Lake House", await admin.ReadAsync("/dashboard/events"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_type_that_a_connections_condition_is_told_by_has_its_words_and_can_be_chosen()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var before = await host.AddConnectionAsync("hill", "Hill Street");
        var after = Enum.GetValues<ConnectionStatus>().SelectMany(status => (Connection[])[before with { Status = status }, before with { Status = status, Cause = "It is so." }]);

        var told = after.SelectMany(one => PlatformEvents.Changed(before, one)).Concat(PlatformEvents.Connected(before with { MissingScopes = ["sales"] }, null)).Select(static one => one.Type).ToHashSet(StringComparer.Ordinal);

        Assert.True(told.IsSupersetOf(["connection.connected", "connection.scopes_narrowed", "connection.paused", PlatformEvents.NeedsReconnect]));
        Assert.All([.. told, Host.Locations.LocationEvents.Unmapped, Host.Webhooks.WebhookWatch.Silent], static type =>
        {
            Assert.NotEqual(type, EventWords.Of(type).Text);
            Assert.Contains(type.Split('.')[0], EventWords.Families.Select(static one => one.Family));
        });
    }

    private static Task TellAsync(RunningWorker host, string tenant, ConnectionId connection, params string[] types) => host.Worker.Get<EventLog>().WriteAsync(
        transaction =>
        {
            foreach (var type in types)
            {
                EventLog.Append(transaction, new PlatformEvent
                {
                    Type = type,
                    Tenant = new TenantId(tenant),
                    At = TimeProvider.System.GetUtcNow(),
                    Connection = connection,
                    Driver = new DriverId("square"),
                    Cause = "Because of <script>.",
                    Actor = Actor.Owner,
                    Run = "run_1",
                });
            }
        },
        Token);
}
