using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Sous.Plugins.Browser.Tests;

/// <summary>What happened, while it happens.</summary>
public sealed class EventsTests(Stage stage)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_happens_is_added_to_the_page_that_is_looked_at()
    {
        await using var visitor = await stage.SignInAsync();
        var tenant = await stage.AddTenantAsync("Mill Lane");
        stage.Service.Account = "mill-lane";
        var connection = await stage.ConnectAsync(tenant, Stage.Rotating);
        await visitor.GoAsync(stage.PageOf(connection));
        await visitor.FollowAsync("What happened to it");
        await visitor.SeeAsync("Connected");

        await stage.Platform.PostAsync($"{connection}/pause", new JsonObject(), Token);

        await visitor.Page.Locator(".state", new() { HasText = "Paused" }).WaitForAsync();
        await visitor.LookAsync("events");
    }

    [Fact]
    public async Task One_kind_is_chosen_without_a_script()
    {
        await using var visitor = await stage.SignInAsync(scripts: false);
        var tenant = await stage.AddTenantAsync("Mill Lane");
        stage.Service.Account = "mill-lane-2";
        await stage.ConnectAsync(tenant, Stage.Rotating);
        await visitor.GoAsync(stage.PageOf($"{tenant}/events"));
        await visitor.SeeAsync("Connected");

        await visitor.Page.Locator("select[name=type]").SelectOptionAsync("Orders");
        await visitor.PressAsync("Show");

        await visitor.SeeAsync("Nothing of this kind has happened");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Events" }).ClickAsync();
        await visitor.Page.WaitForURLAsync(new Uri(stage.Address, "dashboard/events").AbsoluteUri);
        await visitor.SeeAsync("Whose?");
    }
}
