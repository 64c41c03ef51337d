using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Locations;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Changes;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>A connection's locations: what each is mapped to, what is suggested, and what is held for want of it.</summary>
public sealed partial class LocationsPageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_suggestion_is_taken_by_one_press_and_the_press_taken_back_by_another()
    {
        await using var host = await RunningWorker.StartAsync();
        var (keyId, key) = await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await host.AddLocationAsync(connection, "L1", "Joe's Pizza");
        await host.CommitAsync(connection, Sales.Make("s1"), Sales.Make("s2"));
        await DeclareAsync(host, "hill", ("main", "Joes Pizza"));
        using var browser = await DashboardBrowser.SignInAsync(host, key);
        var address = $"/dashboard/tenants/hill/connections/{connection.Id}/locations";

        var overview = await browser.ReadAsync("/dashboard/locations");
        Assert.Contains($"href=\"{address}\"", overview, StringComparison.Ordinal);
        Assert.Contains("1 location is not mapped", overview, StringComparison.Ordinal);
        Assert.Contains("2 records are held", overview, StringComparison.Ordinal);

        var page = await browser.ReadAsync(address);
        Assert.Contains("2 records are held until it is mapped.", page, StringComparison.Ordinal);
        Assert.Contains("The name is the same: &#x27;Joes Pizza&#x27;.", page, StringComparison.Ordinal);
        Assert.Contains("<button name=\"ownId\" value=\"main\">Map to <bdi class=\"name\">Joes Pizza</bdi></button>", page, StringComparison.Ordinal);

        using var mapped = await browser.SubmitAsync($"{address}/map", ("externalId", "L1"), ("ownId", "main"));
        Assert.Equal((HttpStatusCode.SeeOther, $"{address}?changed=L1"), (mapped.StatusCode, mapped.Headers.Location?.OriginalString));
        Assert.Equal("main", (await FindAsync(host, connection, "L1"))?.OwnId);
        var done = await browser.ReadAsync($"{address}?changed=L1");
        Assert.Contains("is mapped to <bdi class=\"name\">main</bdi>.", done, StringComparison.Ordinal);
        Assert.Contains($"formaction=\"{address}/unmap\">Undo", done, StringComparison.Ordinal);
        Assert.DoesNotContain("held", done, StringComparison.Ordinal);

        using var undone = await browser.SubmitAsync($"{address}/unmap", ("externalId", "L1"));
        Assert.Equal($"{address}?changed=L1&was=main", undone.Headers.Location?.OriginalString);
        Assert.Null((await FindAsync(host, connection, "L1"))?.OwnId);
        Assert.Contains("value=\"main\">Undo: map it to <bdi class=\"name\">main</bdi> again", await browser.ReadAsync($"{address}?changed=L1&was=main"), StringComparison.Ordinal);
        Assert.Equal(
            [("location.mapped", keyId), ("location.unmapped", keyId)],
            (await host.Worker.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token)).Where(static entry => entry.Action.StartsWith("location.", StringComparison.Ordinal)).Select(static entry => (entry.Action, entry.Actor)));
    }

    [Fact]
    public async Task One_that_is_left_unmapped_waits_for_nobody_and_can_still_be_mapped_to_any_id()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await host.AddLocationAsync(connection, "L1", "Warehouse");
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        var address = $"/dashboard/tenants/hill/connections/{connection.Id}/locations";
        Assert.Contains("Leave it unmapped", await browser.ReadAsync(address), StringComparison.Ordinal);

        using (await browser.SubmitAsync($"{address}/unmap", ("externalId", "L1")))
        {
            var left = await browser.ReadAsync(address);
            Assert.Contains("Left unmapped", left, StringComparison.Ordinal);
            Assert.DoesNotContain("Leave it unmapped", left, StringComparison.Ordinal);
            Assert.Contains("none waits for anybody", await browser.ReadAsync("/dashboard/locations"), StringComparison.Ordinal);
        }

        using var chosen = await browser.SubmitAsync($"{address}/map", ("externalId", "L1"), ("ownId", " store 7 "));
        Assert.Equal("store 7", (await FindAsync(host, connection, "L1"))?.OwnId);
        using var moved = await browser.SubmitAsync($"{address}/map", ("externalId", "L1"), ("ownId", "store 8"));
        Assert.Equal($"{address}?changed=L1&was=store%207", moved.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("L1", "", HttpStatusCode.BadRequest)]
    [InlineData("L1", null, HttpStatusCode.BadRequest)]
    [InlineData("none", "main", HttpStatusCode.NotFound)]
    [InlineData("", "main", HttpStatusCode.NotFound)]
    public async Task What_names_no_location_or_no_id_changes_nothing_and_says_so_on_a_page(string externalId, string? ownId, HttpStatusCode expected)
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await host.AddLocationAsync(connection, "L1", "Warehouse");
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        using var answer = await browser.SubmitAsync($"/dashboard/tenants/hill/connections/{connection.Id}/locations/map", [("externalId", externalId), .. ownId is null ? [] : new[] { ("ownId", ownId) }]);

        Assert.Equal((expected, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Null((await FindAsync(host, connection, "L1"))?.OwnId);
    }

    [Fact]
    public async Task Another_tenants_locations_are_neither_seen_nor_mapped_and_another_site_maps_none()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        await host.AddTenantAsync("lake");
        var foreign = await host.AddConnectionAsync("lake", "Lake Road");
        await host.AddLocationAsync(foreign, "L1", "Boat House");
        using var browser = await DashboardBrowser.SignInAsync(host, key);
        using var admin = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        Assert.DoesNotContain("Lake", await browser.ReadAsync("/dashboard/locations"), StringComparison.Ordinal);
        foreach (var tenant in new[] { "hill", "lake" })
        {
            var address = $"/dashboard/tenants/{tenant}/connections/{foreign.Id}/locations";
            using var seen = await browser.OpenAsync(address);
            using var mapped = await browser.SubmitAsync($"{address}/map", ("externalId", "L1"), ("ownId", "mine"));
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (seen.StatusCode, mapped.StatusCode));
        }

        using var crossed = await admin.SubmitFromAsync("cross-site", null, $"/dashboard/tenants/lake/connections/{foreign.Id}/locations/map", ("externalId", "L1"), ("ownId", "theirs"));
        Assert.Equal(HttpStatusCode.Forbidden, crossed.StatusCode);
        Assert.Null((await FindAsync(host, foreign, "L1"))?.OwnId);
    }

    [Fact]
    public async Task What_a_service_calls_its_hundred_locations_is_text_and_no_page_outgrows_100_kB()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        string[] names = ["<script>document.title='x'</script>", string.Concat(Enumerable.Repeat("\u05D0<b>", 2_500)), "\u202Egnihtyna\u202C", string.Concat(Enumerable.Repeat("\U0001F355", 5_000))];
        for (var number = 0; number < 100; number++)
        {
            await host.AddLocationAsync(connection, $"\"><img src=x>{number}", names[number % names.Length], names[(number + 1) % names.Length]);
        }

        await DeclareAsync(host, "hill", ("own", names[1][..200]), ("<i>", names[2]));
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        var address = $"/dashboard/tenants/hill/connections/{connection.Id}/locations";

        for (var number = 1; number <= 100 / ConnectionLocationsPage.PageSize; number++)
        {
            var page = await browser.ReadAsync($"{address}?page={number}&changed=%22%3E%3Cimg+src%3Dx%3E0&was=%3Cb%3E");

            Assert.DoesNotMatch(Foreign(), page);
            Assert.InRange(Encoding.UTF8.GetByteCount(page), 1, 100_000);
            Assert.Contains($"Page {number} of {100 / ConnectionLocationsPage.PageSize}", page, StringComparison.Ordinal);
        }

        var own = await browser.ReadAsync($"/dashboard/tenants/hill/connections/{connection.Id}");
        Assert.DoesNotMatch(Foreign(), own);
        Assert.InRange(Encoding.UTF8.GetByteCount(own), 1, 100_000);
        using var none = await browser.OpenAsync($"{address}?page=11");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    private static async Task DeclareAsync(RunningWorker host, string tenant, params (string OwnId, string Name)[] own)
    {
        using var answer = await host.Admin.PutAsJsonAsync($"api/v1/tenants/{tenant}/own-locations", new { items = own.Select(static one => new { ownId = one.OwnId, name = one.Name }) }, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private static ValueTask<MappedLocation?> FindAsync(RunningWorker host, Connection connection, string externalId)
        => host.Worker.Get<LocationDirectory>().FindAsync(connection.Id, externalId, Token);

    [GeneratedRegex("<(script>|img|b>|i>)", RegexOptions.IgnoreCase)]
    private static partial Regex Foreign();
}
