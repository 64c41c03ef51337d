using System.Net;
using System.Net.ServerSentEvents;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>What an open page is told, so that it shows itself anew.</summary>
public sealed class PageChangesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_open_page_is_told_of_each_change_that_its_key_sees_and_of_the_end_of_its_session()
    {
        await using var host = await RunningWorker.StartAsync();
        var (keyId, key) = await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        using var browser = await DashboardBrowser.SignInAsync(host, key);
        Assert.Contains("data-changes=\"/dashboard/changes\"", await browser.ReadAsync("/"), StringComparison.Ordinal);
        Assert.Contains("data-changes=", await browser.ReadAsync($"/dashboard/tenants/hill/connections/{connection.Id}"), StringComparison.Ordinal);
        using var answer = await browser.FetchAsync("/dashboard/changes");
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(Token)).EnumerateAsync(Token).GetAsyncEnumerator(Token);

        Assert.True(await events.MoveNextAsync());
        var before = events.Current;
        await host.PostAsync($"/api/v1/tenants/hill/connections/{connection.Id}/pause", new { }, HttpStatusCode.OK);
        Assert.True(await events.MoveNextAsync());
        var after = events.Current;
        using (await host.Admin.DeleteAsync($"api/v1/keys/{keyId}", Token))
        {
            Assert.True(await events.MoveNextAsync());
        }

        Assert.Equal(("changed", "changed", "ended"), (before.EventType, after.EventType, events.Current.EventType));
        Assert.NotEqual(before.Data, after.Data);
        Assert.False(await events.MoveNextAsync());
    }
}
