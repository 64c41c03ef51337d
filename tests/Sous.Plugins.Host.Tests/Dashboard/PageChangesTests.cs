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
        var page = await browser.ReadAsync("/");
        using var answer = await browser.FetchAsync("/dashboard/changes");
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(Token)).EnumerateAsync(Token).GetAsyncEnumerator(Token);

        Assert.True(await events.MoveNextAsync());
        var before = events.Current;
        Assert.Contains($"data-changes=\"/dashboard/changes\" data-state=\"{before.Data}\"", page, StringComparison.Ordinal);
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

    [Fact]
    public async Task A_connections_page_is_told_of_that_connection_alone()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var (one, other) = (await host.AddConnectionAsync("hill", "One"), await host.AddConnectionAsync("hill", "Other"));
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        var address = $"/dashboard/tenants/hill/connections/{one.Id}";

        var shown = await StateAsync();
        await host.PostAsync($"/api/v1/tenants/hill/connections/{other.Id}/pause", new { }, HttpStatusCode.OK);
        var still = await StateAsync();
        await host.PostAsync($"/api/v1/tenants/hill/connections/{one.Id}/pause", new { }, HttpStatusCode.OK);
        var changed = await StateAsync();
        using var answer = await browser.FetchAsync($"{address}/changes");
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(Token)).EnumerateAsync(Token).GetAsyncEnumerator(Token);
        Assert.True(await events.MoveNextAsync());

        Assert.Equal(shown, still);
        Assert.NotEqual(shown, changed);
        Assert.Equal(changed, events.Current.Data);

        async Task<string> StateAsync()
        {
            var page = await browser.ReadAsync(address);
            var told = $"data-changes=\"{address}/changes\" data-state=\"";
            Assert.Contains(told, page, StringComparison.Ordinal);
            return page.Split(told)[1].Split('"')[0];
        }
    }
}
