using Microsoft.Playwright;
using Sous.Plugins.Host;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Testing;

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

    [Fact]
    public async Task A_page_that_is_hidden_hears_nothing_and_shows_the_way_in_where_its_session_has_ended_meanwhile()
    {
        stage.Service.Account = "hidden-page";
        var tenant = await stage.AddTenantAsync("Hidden Page");
        var connection = await stage.ConnectAsync(tenant, Stage.Rotating);
        await using var visitor = await stage.SignInAsync(tenant);
        await visitor.GoAsync(stage.PageOf(connection));
        await visitor.SeeAsync("Working");

        var closed = new TaskCompletionSource();
        visitor.Page.RequestFailed += (_, request) =>
        {
            if (request.Url.EndsWith("/changes", StringComparison.Ordinal))
            {
                closed.TrySetResult();
            }
        };
        await HideAsync(visitor, true);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
        await stage.Platform.PostAsync($"{connection}/pause", null, Token);
        await HideAsync(visitor, false);
        await visitor.SeeAsync("Paused");
        await HideAsync(visitor, true);
        await stage.Platform.DeleteAsync($"api/v1/keys/{visitor.KeyId}", Token);
        await HideAsync(visitor, false);

        await visitor.Page.GetByLabel("Key").WaitForAsync();
    }

    [Fact]
    public async Task A_page_that_is_open_shows_the_way_in_once_the_worker_was_started_anew()
    {
        await using var visitor = await stage.OpenAsync();
        var folder = Directory.CreateTempSubdirectory("sous-anew-").FullName;
        var address = new Uri($"http://127.0.0.1:{FreePort.Take()}/");
        await using (var _ = await StartAsync(address, folder))
        {
            await visitor.GoAsync(address);
            await visitor.Page.GetByLabel("Key").FillAsync(HostFile.Read(folder)!.Key);
            await visitor.PressAsync("Sign in");
            await visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "Connections" }).WaitForAsync();
        }

        await using (var _ = await StartAsync(address, folder))
        {
            // The browser asks again some seconds after it was cut off, and the page some seconds after it was refused.
            await visitor.Page.GetByLabel("Key").WaitForAsync(new() { Timeout = 60_000 });
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<Worker> StartAsync(Uri address, string folder)
    {
        var plugins = Path.Combine(folder, "plugins.json");
        await File.WriteAllTextAsync(plugins, """{ "pluginsFolder": "plugins", "plugins": [] }""", Token);
        return await Worker.StartAsync(
            new HostSettings
            {
                Urls = address.GetLeftPart(UriPartial.Authority),
                Data = folder,
                Plugins = plugins,
                Overrides = new Dictionary<string, string?> { ["PublicUrl"] = address.AbsoluteUri, ["LogLevel"] = "Error" },
            },
            Token);
    }

    // As a browser tells of another tab that was chosen.
    private static async Task HideAsync(Visitor visitor, bool isHidden) => await visitor.Page.EvaluateAsync(
        "hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden }); document.dispatchEvent(new Event('visibilitychange')); }", isHidden);
}
