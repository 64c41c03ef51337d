using System.Net;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>The first page: how each connection does, why, who must act, and the button that helps.</summary>
public sealed class ConnectionsPageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenants_key_sees_its_own_connections_and_an_admins_sees_all()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        await host.AddTenantAsync("lake", "Lake House");
        await host.AddConnectionAsync("hill", "Hill Street");
        var foreign = await host.AddConnectionAsync("lake", "Lake Road");
        using var tenant = await DashboardBrowser.SignInAsync(host, key);
        using var admin = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        var (own, all) = (await tenant.ReadAsync("/"), await admin.ReadAsync("/"));

        Assert.Contains("Hill Street", own, StringComparison.Ordinal);
        Assert.DoesNotContain("Lake", own, StringComparison.Ordinal);
        Assert.Contains("Lake House", all, StringComparison.Ordinal);
        Assert.Contains("Lake Road", all, StringComparison.Ordinal);
        using var refused = await tenant.SubmitAsync($"/dashboard/tenants/lake/connections/{foreign.Id}/pause");
        using var smuggled = await tenant.SubmitAsync($"/dashboard/tenants/hill/connections/{foreign.Id}/pause");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (refused.StatusCode, smuggled.StatusCode));
        Assert.Equal(ConnectionStatus.Ok, (await host.FindAsync(foreign.Id))?.Status);
    }

    [Fact]
    public async Task What_somebody_must_see_to_stands_first_with_its_cause_who_must_act_and_what_helps()
    {
        await using var host = await RunningWorker.StartAsync(("ReturnAddresses:app", "https://app.example/back"));
        await host.AddTenantAsync("hill");
        await host.AddConnectionAsync("hill", "Well");
        await host.AddConnectionAsync("hill", "Cut", ConnectionStatus.NeedsReconnect, "The owner withdrew the access.", Actor.Owner);
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        var page = await browser.ReadAsync("/");

        Assert.True(page.IndexOf("Cut", StringComparison.Ordinal) < page.IndexOf("Well", StringComparison.Ordinal));
        Assert.Contains("Cut off until it is reconnected", page, StringComparison.Ordinal);
        Assert.Contains("The owner withdrew the access.", page, StringComparison.Ordinal);
        Assert.Contains("The owner of the account must act.", page, StringComparison.Ordinal);
        Assert.Contains("2 connections, of which 1 needs somebody.", page, StringComparison.Ordinal);
        Assert.Contains($"{host.Address}connect/again/", page, StringComparison.Ordinal);
        Assert.DoesNotContain("needs_reconnect", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paused_connection_is_resumed_by_its_button()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street", ConnectionStatus.Paused);
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        var action = $"/dashboard/tenants/hill/connections/{connection.Id}/resume";
        Assert.Contains($"action=\"{action}\"", await browser.ReadAsync("/"), StringComparison.Ordinal);

        using var answer = await browser.SubmitAsync(action);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.NotEqual(ConnectionStatus.Paused, (await host.FindAsync(connection.Id))?.Status);
    }

    [Fact]
    public async Task The_drivers_are_told_with_their_version_and_whether_they_serve()
    {
        await using var host = await RunningWorker.StartAsync();
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        var page = await browser.ReadAsync("/dashboard/drivers");

        Assert.Contains("<bdi class=\"name\">Square</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("Serving", page, StringComparison.Ordinal);
        Assert.Contains("Version", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_on_a_page()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street", ConnectionStatus.NeedsReconnect, "It is over.", Actor.Owner);
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        using var answer = await browser.SubmitAsync($"/dashboard/tenants/hill/connections/{connection.Id}/pause");

        Assert.Equal((HttpStatusCode.Conflict, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains("until its owner reconnects", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_services_call_themselves_is_text_and_no_page_outgrows_100_kB()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var names = new[] { "<script>document.title='x'</script>", "\u202Egnihtyna\u202C", string.Concat(Enumerable.Repeat("\U0001F355", 2_500)), "\"><img src=x onerror=alert(1)>" };
        for (var number = 0; number < ConnectionsPage.PageSize + 2; number++)
        {
            var connection = await host.AddConnectionAsync("hill", names[number % names.Length], ConnectionStatus.NeedsAttention, string.Concat(Enumerable.Repeat("<b>\u05D0", 2_500)), Actor.DriverAuthor);
            foreach (var place in Enumerable.Range(0, 5))
            {
                await host.AddLocationAsync(connection, $"L{place}", string.Concat(Enumerable.Repeat("<b>\u05D0", 2_500)));
            }
        }

        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        var page = await browser.ReadAsync("/");

        Assert.DoesNotContain("<script>", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<bdi class=\"name\">&#x202E;", page, StringComparison.Ordinal);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(page), 1, 100_000);
        Assert.Contains("Page 1 of 2", page, StringComparison.Ordinal);
        Assert.Contains("Page 2 of 2", await browser.ReadAsync("/?page=2"), StringComparison.Ordinal);
        foreach (var none in new[] { "/?page=3", "/?page=0", "/?page=-2147483648" })
        {
            using var answer = await browser.OpenAsync(none);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }
}
