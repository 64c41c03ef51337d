namespace Sous.Plugins.Browser.Tests;

/// <summary>A page that stays open while things change.</summary>
public sealed class LiveTests(Stage stage)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_somebody_else_pauses_shows_so_by_itself()
    {
        await using var visitor = await stage.SignInAsync();
        stage.Service.Account = "open-page";
        var connection = await stage.ConnectAsync(await stage.AddTenantAsync("Open Page"), Stage.Rotating);
        await visitor.GoAsync(stage.PageOf(connection));
        await visitor.SeeAsync("Working");

        await stage.Platform.PostAsync($"{connection}/pause", null, Token);

        await visitor.SeeAsync("Paused");
        await visitor.PressAsync("Resume");
        await visitor.SeeAsync("Working");
        visitor.AssertCalm();
    }
}
