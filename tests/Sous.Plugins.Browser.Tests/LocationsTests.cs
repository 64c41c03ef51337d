using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Sous.Plugins.Browser.Tests;

/// <summary>Somebody who says which location is which.</summary>
public sealed class LocationsTests(Stage stage)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_suggestion_is_taken_by_the_keyboard_and_taken_back()
    {
        await using var visitor = await stage.SignInAsync();
        var tenant = await stage.AddTenantAsync("Harbor Kitchens");
        var connection = await stage.ConnectAsync(tenant, "square");
        var found = await stage.Platform.PostAsync($"{connection}/locations/discover", null, Token);
        var name = (string)found["items"]![0]!["name"]!;
        await stage.Platform.PutAsync($"{tenant}/own-locations", new JsonObject { ["items"] = new JsonArray(new JsonObject { ["ownId"] = "main", ["name"] = name }) }, Token);

        await visitor.GoAsync(stage.Address);
        await visitor.FollowAsync("Locations");
        await visitor.LookAsync("locations");
        await visitor.Page.Locator(".card", new() { HasText = "Harbor Kitchens" }).GetByRole(AriaRole.Link).ClickAsync();
        await visitor.SeeAsync("Not mapped yet");
        await visitor.LookAsync("locations-of-a-connection");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = $"Map to {name}", Exact = true }).First.FocusAsync();
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.SeeAsync("is mapped to main.");
        await visitor.LookAsync("location-mapped");
        await visitor.PressAsync("Undo: it is not to be mapped");

        await visitor.SeeAsync("is left unmapped: its records are held.");
        visitor.AssertCalm();
    }
}
