using Microsoft.Playwright;

namespace Sous.Plugins.Browser.Tests;

/// <summary>A browser that runs no script shows every page whole, and its forms work.</summary>
public sealed class WithoutScriptTests(Stage stage)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signing_in_and_pausing_a_connection_need_no_script()
    {
        stage.Service.Account = "scriptless";
        var tenant = await stage.AddTenantAsync("Without scripts");
        var connection = await stage.ConnectAsync(tenant, Stage.Rotating);
        await using var visitor = await stage.SignInAsync(tenant, scripts: false);
        await visitor.SeeAsync("1 connection, and none needs anybody.");
        await visitor.GoAsync(stage.PageOf(connection));
        await visitor.PressAsync("Pause");
        await visitor.SeeAsync("Paused");
        await visitor.PressAsync("Resume");
        await visitor.SeeAsync("Working");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Drivers" }).ClickAsync();
        await visitor.SeeAsync("Serving");

        Assert.Equal("ok", (string?)(await stage.Platform.GetAsync(connection, Token))["status"]);
    }

    [Fact]
    public async Task Connecting_needs_no_script()
    {
        await using var owner = await stage.OpenAsync(scripts: false);
        stage.Service.Account = "scriptless";
        var tenant = await stage.AddTenantAsync("Without scripts");
        var session = await stage.Platform.PostAsync($"{tenant}/connect-sessions", new System.Text.Json.Nodes.JsonObject { ["driver"] = Stage.Rotating, ["initiator"] = "user-1" }, Token);

        await owner.GoAsync(new Uri((string)session["url"]!));
        await owner.PressAsync("Continue to Fixture Rotating");
        await owner.PressAsync("Allow");

        await owner.SeeAsync("Almost done");
    }
}
