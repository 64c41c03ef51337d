using Microsoft.Playwright;

namespace Sous.Plugins.Browser.Tests;

/// <summary>Debian's Chromium, driven by Playwright; nothing is fetched for it.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    public const string Program = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, Browser) = (playwright, browser);

    public IBrowser Browser { get; }

    public static async Task<Chromium> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,

            // It has no sandbox for root, whom containers usually run as; all that it opens here is on the loopback.
            Args = Environment.UserName == "root" ? ["--no-sandbox"] : [],
        });
        return new Chromium(playwright, browser);
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
    }
}
