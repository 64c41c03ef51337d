using Microsoft.Playwright;

namespace Sous.Plugins.Browser.Tests;

/// <summary>Others' sites, opened by somebody who is signed in here: they change nothing, and show none of our pages in theirs.</summary>
public sealed class ForeignSiteTests(Stage stage)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Neither_a_form_nor_a_script_of_theirs_presses_our_buttons()
    {
        await using var visitor = await stage.SignInAsync();
        stage.Service.Account = "pressed";
        var connection = await stage.ConnectAsync(await stage.AddTenantAsync("Hill Street"), Stage.Rotating);
        var button = $"{stage.PageOf(connection)}/pause";
        stage.Elsewhere.Show("/press", $"<form method=post action=\"{button}\"><button>Win</button></form>");

        // Browsers send the cookie along from the same site's other origins, and from other sites none.
        foreach (var (site, told) in new[] { (stage.Elsewhere.Address, "Nothing was changed"), (stage.Elsewhere.ByName, "Sign in") })
        {
            await visitor.GoAsync(new Uri(site, "press"));
            Assert.Equal("opaque", await visitor.Page.EvaluateAsync<string>("url => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }).then(answer => answer.type)", button));
            Assert.Equal("refused", await visitor.Page.EvaluateAsync<string>("url => fetch(url, { credentials: 'include' }).then(() => 'read', () => 'refused')", stage.Address.AbsoluteUri));
            await visitor.PressAsync("Win");
            await visitor.Page.GetByRole(AriaRole.Heading, new() { Name = told }).WaitForAsync();
        }

        Assert.Equal("ok", (string?)(await stage.Platform.GetAsync(connection, Token))["status"]);
    }

    [Fact]
    public async Task No_frame_of_theirs_shows_a_page_of_ours()
    {
        await using var visitor = await stage.SignInAsync();
        string[] ours = ["", "dashboard/drivers", "connect/nothing", "oauth/callback/square?state=x&code=y"];
        stage.Elsewhere.Show("/frames", string.Concat(ours.Select(path => $"<iframe src=\"{new Uri(stage.Address, path)}\"></iframe>").Append("<iframe src=\"/\"></iframe>")));

        foreach (var site in new[] { stage.Elsewhere.Address, stage.Elsewhere.ByName })
        {
            await visitor.GoAsync(new Uri(site, "frames"));
            var frames = await Task.WhenAll(visitor.Page.Frames.Skip(1).Select(static frame => frame.ContentAsync()));
            Assert.Equal(ours.Length + 1, frames.Length);
            Assert.All(frames[..^1], static frame => Assert.DoesNotContain("style.css", frame, StringComparison.Ordinal));
            Assert.Contains("Elsewhere", frames[^1], StringComparison.Ordinal);
        }
    }
}
