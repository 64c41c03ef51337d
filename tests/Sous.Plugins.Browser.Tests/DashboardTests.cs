using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Browser.Tests;

/// <summary>What an operator and a bookkeeper do at the dashboard.</summary>
public sealed class DashboardTests(Stage stage)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_key_is_told_so_and_a_right_one_opens_the_pages_until_it_is_signed_out()
    {
        await using var operators = await stage.OpenAsync();
        await operators.GoAsync(stage.Address);
        await operators.LookAsync("sign-in");

        await operators.Page.GetByLabel("Key").FillAsync("sous_nothing");
        await operators.PressAsync("Sign in");
        await operators.Page.GetByRole(AriaRole.Alert).WaitForAsync();
        await operators.LookAsync("sign-in-refused");
        await operators.Page.GetByLabel("Key").FillAsync(stage.AdminKey);
        await operators.PressAsync("Sign in");
        await operators.Page.GetByRole(AriaRole.Heading, new() { Name = "Connections" }).WaitForAsync();
        await operators.PressAsync("Sign out");

        await operators.Page.GetByLabel("Key").WaitForAsync();
        operators.AssertCalm();
    }

    [Fact]
    public async Task A_run_is_watched_until_it_has_ended()
    {
        stage.Square.Chaos = Chaos.None with { Latency = TimeSpan.FromMilliseconds(250) };
        var tenant = await stage.AddTenantAsync("Hill & Harbor");
        await using var bookkeeper = await stage.SignInAsync(tenant);
        var connection = await stage.ConnectAsync(tenant, "square");
        await MapAsync(connection);
        var run = await FindRunAsync(connection);

        await bookkeeper.GoAsync(stage.PageOf($"api/v1/runs/{run}"));
        var before = await PagesAsync(bookkeeper);
        await bookkeeper.LookAsync("run-under-way");
        await bookkeeper.Page.WaitForFunctionAsync("pages => Number(document.querySelector('[data-field=pages]').textContent) > pages", before);
        stage.Square.Chaos = Chaos.None;

        await bookkeeper.SeeAsync("4,000 new, 0 changed, 0 deleted.");
        Assert.True(await PagesAsync(bookkeeper) > before);
        await bookkeeper.LookAsync("run");
        await bookkeeper.FollowAsync("Its connection");
        await bookkeeper.SeeAsync("What is fetched");
        await bookkeeper.LookAsync("connection");
        await bookkeeper.FollowAsync("All connections");
        await bookkeeper.SeeAsync("1 connection, and none needs anybody.");
        await bookkeeper.LookAsync("connections");
    }

    [Fact]
    public async Task A_broken_connection_is_found_and_its_owner_reconnects_it()
    {
        await using var visitor = await stage.SignInAsync();
        stage.Service.Account = "lake-house";
        var tenant = await stage.AddTenantAsync("Lake House");
        var connection = await stage.ConnectAsync(tenant, Stage.Rotating);
        // What the host fetches by itself once it is connected would find the withdrawal before the visitor does.
        await Stage.UntilAsync(async () => (await stage.Platform.GetAsync($"{connection}/runs", Token))["items"]!.AsArray() is { Count: > 0 } runs && runs.All(static run => (string?)run!["outcome"] != "running"));
        await stage.Service.WithdrawAsync("lake-house", Token);

        await visitor.GoAsync(stage.PageOf(connection));
        await visitor.PressAsync("Check it now");
        await visitor.SeeAsync("The connection does not work now");
        await visitor.LookAsync("connection-checked");
        await visitor.FollowAsync("Back to the connection");
        await visitor.SeeAsync("Cut off until it is reconnected");
        Assert.Equal(0, await visitor.Page.GetByText("The access is renewed").CountAsync());
        await visitor.LookAsync("connection-broken");
        await visitor.FollowAsync("Reconnect");
        await visitor.SeeAsync("Renew the link from Fixture Rotating");
        await visitor.LookAsync("connect-again");
        await visitor.PressAsync("Continue to Fixture Rotating");
        await visitor.PressAsync("Allow");
        await visitor.ReachAsync($"{stage.Elsewhere.Back}*");
        var session = System.Web.HttpUtility.ParseQueryString(new Uri(visitor.Page.Url).Query)["session"]!;
        await stage.Platform.PostAsync($"{tenant}/connect-sessions/{session}/complete", new JsonObject(), Token);

        await visitor.GoAsync(stage.PageOf(connection));
        await visitor.SeeAsync("Working");
        visitor.AssertCalm();
    }

    [Fact]
    public async Task A_driver_that_was_disabled_is_shown_so()
    {
        await using var visitor = await stage.SignInAsync();
        await visitor.GoAsync(new Uri(stage.Address, "dashboard/drivers"));
        await Card(visitor).GetByText("Serving").WaitForAsync();

        await stage.Platform.PostAsync("api/v1/emergency/disable-driver", new JsonObject { ["driver"] = "google-drive" }, Token);
        await visitor.Page.ReloadAsync();

        await Card(visitor).GetByText("Disabled", new() { Exact = true }).WaitForAsync();
        await visitor.LookAsync("drivers");
    }

    [Fact]
    public async Task An_operator_sees_the_host_that_works_and_that_none_stands_by()
    {
        await using var visitor = await stage.SignInAsync();

        await visitor.GoAsync(new Uri(stage.Address, ""));
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Hosts" }).ClickAsync();

        await visitor.SeeAsync("No other host stands by");
        await visitor.LookAsync("hosts");
    }

    [Fact]
    public async Task A_page_that_is_not_there_says_so()
    {
        await using var visitor = await stage.SignInAsync();

        await visitor.GoAsync(new Uri(stage.Address, "dashboard/nowhere"), 404);

        await visitor.SeeAsync("There is no such page");
        await visitor.LookAsync("no-such-page");
    }

    private static ILocator Card(Visitor visitor) => visitor.Page.Locator(".card", new() { HasText = "Google Drive" });

    private static async Task<int> PagesAsync(Visitor visitor)
        => int.Parse(await visitor.Page.Locator("[data-field=pages]").TextContentAsync() ?? "", NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private async Task MapAsync(string connection)
    {
        var found = await stage.Platform.PostAsync($"{connection}/locations/discover", null, Token);
        foreach (var location in found["items"]!.AsArray())
        {
            var id = (string)location!["externalId"]!;
            await stage.Platform.PutAsync($"{connection}/locations/{id}", new JsonObject { ["ownId"] = id.ToLowerInvariant() }, Token);
        }
    }

    private async Task<string> FindRunAsync(string connection)
    {
        JsonNode? run = null;
        await Stage.UntilAsync(async () =>
        {
            var runs = await stage.Platform.GetAsync($"{connection}/runs?stream=sales", Token);
            run = runs["items"]!.AsArray().FirstOrDefault(static one => (string?)one!["outcome"] == "running");
            return run is not null;
        });
        return (string)run!["id"]!;
    }
}
