using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Dashboard;

namespace Sous.Plugins.Host.Tests.Hosts;

/// <summary>A host on a data folder of its own; several on one database are in the proofs of takeovers.</summary>
public sealed class HostListTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_shares_nothing_lists_itself_alone_and_says_that_none_stands_by()
    {
        await using var host = await RunningWorker.StartAsync();
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        var listed = Assert.Single((await host.Admin.GetFromJsonAsync<JsonNode>("/api/v1/hosts", Token))!["items"]!.AsArray())!;
        var page = await browser.ReadAsync("/dashboard/hosts");

        Assert.Equal(("works", 0), ((string?)listed["state"], (int?)listed["runs"]));
        Assert.EndsWith(string.Create(CultureInfo.InvariantCulture, $"/{Environment.ProcessId}"), (string?)listed["name"], StringComparison.Ordinal);
        Assert.InRange((DateTimeOffset)listed["since"]!, DateTimeOffset.UnixEpoch, (DateTimeOffset)listed["heardAt"]!);
        Assert.Contains((string)listed["name"]!, page, StringComparison.Ordinal);
        Assert.Contains("No other host stands by", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tenants_key_is_told_nothing_of_the_machines_and_its_pages_lead_to_none()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        using var tenant = await DashboardBrowser.SignInAsync(host, key);
        using var admin = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        using var page = await tenant.OpenAsync("/dashboard/hosts");

        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        Assert.DoesNotContain(Environment.MachineName, await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.DoesNotContain("/dashboard/hosts", await tenant.ReadAsync("/"), StringComparison.Ordinal);
        Assert.Contains("/dashboard/hosts", await admin.ReadAsync("/"), StringComparison.Ordinal);
    }
}
