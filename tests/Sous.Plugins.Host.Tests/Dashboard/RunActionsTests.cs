using System.Net;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>The buttons that begin runs and settle what they ask.</summary>
public sealed class RunActionsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("approve", "run.approved")]
    [InlineData("reject", "run.rejected")]
    public async Task A_run_that_asks_is_answered_on_its_page_and_the_pages_that_lead_there_say_so(string verb, string action)
    {
        await using var host = await RunningWorker.StartAsync();
        var (keyId, key) = await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await host.AddLocationAsync(connection, Sales.Location, "Joe's Pizza");
        var run = await AskAsync(host, connection);
        using var browser = await DashboardBrowser.SignInAsync(host, key);
        var address = $"/dashboard/runs/{run}";
        var leads = $"href=\"{address}\">";

        Assert.Contains(leads, await browser.ReadAsync($"/dashboard/tenants/hill/connections/{connection.Id}"), StringComparison.Ordinal);
        Assert.Contains(leads, await browser.ReadAsync("/dashboard/tenants/hill/days"), StringComparison.Ordinal);
        Assert.Contains($"action=\"{address}/{verb}\"", await browser.ReadAsync(address), StringComparison.Ordinal);
        using var pressed = await browser.SubmitAsync($"{address}/{verb}");

        Assert.Equal((HttpStatusCode.SeeOther, address), (pressed.StatusCode, pressed.Headers.Location?.OriginalString));
        foreach (var led in new[] { $"/dashboard/tenants/hill/connections/{connection.Id}", "/dashboard/tenants/hill/days" })
        {
            Assert.DoesNotContain("waits for somebody to decide", await browser.ReadAsync(led), StringComparison.Ordinal);
        }

        var answered = await browser.ReadAsync(address);
        Assert.DoesNotContain("ecide", answered, StringComparison.Ordinal);
        Assert.DoesNotContain($"action=\"{address}/", answered, StringComparison.Ordinal);
        Assert.Equal(verb == "reject", answered.Contains("the service is being asked again", StringComparison.Ordinal));
        Assert.Contains((action, keyId), (await host.Worker.Get<IRegistry>().ListAsync(Host.Audit.AuditEntry.Collection, "", Token)).Select(static entry => (entry.Action, entry.Actor)));
    }

    [Fact]
    public async Task A_run_that_asks_nothing_cannot_be_answered_and_another_tenants_is_not_there()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        await host.AddTenantAsync("lake");
        var (own, foreign) = (await host.AddConnectionAsync("hill", "Hill Street"), await host.AddConnectionAsync("lake", "Lake Road"));
        var (quiet, asking) = ((await host.CommitAsync(own, Sales.Make("s1"))).Id, await AskAsync(host, foreign));
        using var browser = await DashboardBrowser.SignInAsync(host, key);

        using var nothing = await browser.SubmitAsync($"/dashboard/runs/{quiet}/approve");
        using var hidden = await browser.SubmitAsync($"/dashboard/runs/{asking}/approve");
        using var begun = await browser.SubmitAsync($"/dashboard/tenants/lake/connections/{foreign.Id}/syncs/sales/runs");

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (nothing.StatusCode, hidden.StatusCode, begun.StatusCode));
        Assert.Contains("waits for no decision", await nothing.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_to_a_run_whose_question_a_later_one_asks_anew_decides_nothing_and_leads_to_that_one()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        var earlier = await host.CommitAsync(connection, Sales.Make("s1"));
        var later = await HoldAsync(host, connection);
        using var browser = await DashboardBrowser.SignInAsync(host, key);

        using var pressed = await browser.SubmitAsync($"/dashboard/runs/{earlier.Id}/approve");

        Assert.Equal(HttpStatusCode.Conflict, pressed.StatusCode);
        Assert.Contains($"<a href=\"/dashboard/runs/{later}\">Look at the later run</a>", await pressed.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(later, Assert.Single(await host.Worker.Get<IListings>().ListHeldAsync(connection.Id, earlier.Stream, Token)).Run);
    }

    [Fact]
    public async Task A_sync_is_run_by_its_button_which_leads_to_the_run()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        var action = $"/dashboard/tenants/hill/connections/{connection.Id}/syncs/sales/runs";
        Assert.Contains($"action=\"{action}\"", await browser.ReadAsync($"/dashboard/tenants/hill/connections/{connection.Id}"), StringComparison.Ordinal);

        using var pressed = await browser.SubmitAsync(action);

        Assert.Equal(HttpStatusCode.SeeOther, pressed.StatusCode);
        Assert.Contains("because somebody asked for it", await browser.ReadAsync(pressed.Headers.Location?.OriginalString ?? ""), StringComparison.Ordinal);
    }

    /// <summary>A run that holds deletes back until somebody decides.</summary>
    private static async Task<string> HoldAsync(RunningWorker host, Connection connection)
    {
        var (store, listings) = (host.Worker.Get<IChangeStore>(), host.Worker.Get<IListings>());
        var run = await store.BeginRunAsync(StoreUnderTest.NewRun(connection.Tenant, connection.Id), Token);
        using var page = Pages.Encode(connection.Tenant, connection.Id, [Change.Upsert("s2", Sales.Make("s2"))]);
        var scope = new Scope(connection.Id, run.Stream, Sales.Location);
        await store.CommitAsync(StoreUnderTest.PageOf(run, page, Sales.Noon) with { Scope = scope, Listing = Listing.End, BeginsAnew = true, Marks = IdMark.OfUpserts(page.Changes) }, Token);
        var listing = Assert.Single(await listings.ListAsync(scope, Token));
        await listings.HoldAsync(new ListingWork(connection.Tenant, scope, run.Id, run.Fence), listing.No, new Missing(1, 2, 1), Token);
        return run.Id;
    }

    /// <summary>A run that ended with a gap that somebody must decide on.</summary>
    private static async Task<string> AskAsync(RunningWorker host, Connection connection)
    {
        var run = await host.CommitAsync(connection, Sales.Make("s1"));
        await host.Worker.Get<IGaps>().NoteAsync(connection.Tenant, new Scope(connection.Id, run.Stream, Sales.Location), run.Fence, Sales.Day, [new Gap(0, Sales.Day, Sales.Day, run.Id, Sales.Noon, Sales.Noon.AddHours(4))], Token);
        await host.Worker.Get<IChangeStore>().EndRunAsync(run with { Outcome = SyncOutcome.Suspect, EndedAt = Sales.Noon, Reason = "A day is empty where its neighbours are busy." }, [], Token);
        return run.Id;
    }
}
