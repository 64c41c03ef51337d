namespace Sous.Plugins.Browser.Tests;

/// <summary>Services call accounts what they like: it stands on the pages as text, and runs nothing.</summary>
public sealed class HostileNameTests(Stage stage)
{
    private static readonly string[] s_names =
    [
        "<script>window.ran = 1</script><img src=x onerror=\"window.ran = 1\"><svg onload=\"window.ran = 1\">",
        "\"'><a href=\"javascript:window.ran=1\" onfocus=\"window.ran=1\" autofocus>Press</a>{{7*7}}",
        "\u202Elive\u202D \u05D1\u05D9\u05E1\u05D8\u05E8\u05D5 \u0645\u0637\u0639\u0645",
        string.Concat(Enumerable.Repeat("<b>Bistro ", 1_024)),
        string.Concat(Enumerable.Repeat("\U0001F355\U0001F468\u200D\U0001F373", 100)),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hostile_names_are_text()
    {
        await using var visitor = await stage.SignInAsync();
        var tenant = await stage.AddTenantAsync("<i>Hill</i> & \"Harbor\"");
        var pages = new List<Uri> { stage.Address };
        for (var one = 0; one < s_names.Length; one++)
        {
            (stage.Service.Account, stage.Service.AccountName) = ($"hostile-{one}", s_names[one]);
            var connection = await stage.ConnectAsync(tenant, Stage.Rotating);
            await Stage.UntilAsync(async () => (await stage.Platform.GetAsync(connection, Token))["accountName"] is not null);
            pages.Add(stage.PageOf(connection));
        }

        stage.Service.AccountName = "Bistro";
        foreach (var (page, place) in pages.Select(static (page, place) => (page, place)))
        {
            await visitor.GoAsync(page);
            var shown = await visitor.Page.Locator("main").TextContentAsync() ?? "";
            Assert.All(place == 0 ? s_names : [s_names[place - 1]], name => Assert.Contains(name[..Math.Min(name.Length, 100)], shown, StringComparison.Ordinal));
            Assert.Equal("undefined", await visitor.Page.EvaluateAsync<string>("typeof window.ran"));
            Assert.Equal(0, await visitor.Page.Locator("main :is(script, img, i, b, a[href^=javascript])").CountAsync());
            await visitor.LookAsync(place == 0 ? "hostile-names" : $"hostile-name-{place}");
        }
    }
}
