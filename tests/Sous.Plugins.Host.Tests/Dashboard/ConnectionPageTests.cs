using System.Net;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Dashboard.Runs;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>One connection and one run, each on a page of its own.</summary>
public sealed class ConnectionPageTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_is_paused_and_taken_up_again_on_its_own_page()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        using var browser = await DashboardBrowser.SignInAsync(host, key);
        var address = $"/dashboard/tenants/hill/connections/{connection.Id}";

        Assert.Contains($"action=\"{address}/pause\"", await browser.ReadAsync(address), StringComparison.Ordinal);
        using var pressed = await browser.SubmitAsync($"{address}/pause");

        Assert.Equal((HttpStatusCode.SeeOther, address), (pressed.StatusCode, pressed.Headers.Location?.OriginalString));
        Assert.Equal(ConnectionStatus.Paused, (await host.FindAsync(connection.Id))?.Status);
        var paused = await browser.ReadAsync(address);
        Assert.Contains(">Paused<", paused, StringComparison.Ordinal);
        Assert.Contains($"action=\"{address}/resume\"", paused, StringComparison.Ordinal);
        Assert.DoesNotContain("/pause\"", paused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_tenants_connection_and_run_are_as_absent_as_ones_that_never_were()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        await host.AddTenantAsync("lake");
        var foreign = await host.AddConnectionAsync("lake", "Lake Road");
        using var browser = await DashboardBrowser.SignInAsync(host, key);

        var answers = new List<string>();
        foreach (var path in new[] { $"tenants/lake/connections/{foreign.Id}", $"tenants/hill/connections/{foreign.Id}", "tenants/hill/connections/con_none", "runs/run_none" })
        {
            using var answer = await browser.OpenAsync($"/dashboard/{path}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            answers.Add(await answer.Content.ReadAsStringAsync(Token));
        }

        Assert.Single(answers.Distinct());
        using var events = await browser.OpenAsync("/dashboard/runs/run_none/events");
        Assert.Equal(HttpStatusCode.NotFound, events.StatusCode);
    }

    [Fact]
    public void The_picture_of_the_runs_tells_the_same_to_whoever_cannot_see_it()
    {
        var picture = RunHistory.Draw([Run(SyncOutcome.Running, 0), Run(SyncOutcome.Suspect, 30), Run(SyncOutcome.Completed, 60)], s_now.AddMinutes(2)).Markup;

        Assert.Contains("role=\"img\"", picture, StringComparison.Ordinal);
        Assert.Contains("aria-label=\"The last 3 runs, of which 1 completed\"", picture, StringComparison.Ordinal);

        // Oldest on the left, and the longest is the highest.
        Assert.True(picture.IndexOf("Completed", StringComparison.Ordinal) < picture.IndexOf("Under way", StringComparison.Ordinal));
        Assert.Contains("x=\"24\" y=\"0\" width=\"9\" height=\"60\"", picture, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_code_has_its_words()
    {
        Assert.All(Enum.GetValues<ConnectionStatus>(), static status => Assert.DoesNotContain('_', Words.Of(status).Text));
        Assert.Equal(Enum.GetValues<SyncOutcome>().Length, Enum.GetValues<SyncOutcome>().Select(static outcome => RunWords.Of(outcome).Text).Distinct().Count());
        Assert.Equal(Enum.GetValues<Actor>().Length, Enum.GetValues<Actor>().Select(Words.Of).Distinct().Count());
    }

    [Fact]
    public void A_long_name_is_cut_between_two_signs()
    {
        var markup = Markup.Name("x" + string.Concat(Enumerable.Repeat("\U0001F355", 200))).Markup;

        Assert.DoesNotContain("FFFD", markup, StringComparison.Ordinal);
        Assert.EndsWith("&#x1F355;&#x2026;</bdi>", markup, StringComparison.Ordinal);
    }

    private static RunView Run(SyncOutcome outcome, int seconds) => RunView.Of(new SyncRun
    {
        Id = $"run_{seconds}",
        Tenant = new TenantId("hill"),
        Connection = new ConnectionId("con_1"),
        Stream = StreamName.Sales,
        Trigger = RunTrigger.Schedule,
        Outcome = outcome,
        StartedAt = s_now,
        EndedAt = outcome == SyncOutcome.Running ? null : s_now.AddSeconds(seconds),
    });
}
