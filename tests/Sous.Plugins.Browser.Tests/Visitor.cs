using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Browser.Tests;

/// <summary>Somebody at a browser of their own. What the host's pages write into its console, throw or ask is trouble, and fails the test.</summary>
internal sealed class Visitor : IAsyncDisposable
{
    private const int MostBytes = 100_000;

    private static readonly string s_screenshots = Directory.CreateDirectory(Path.Combine(Tree.Root, "artifacts", "screenshots")).FullName;

    // What passes is a hundred times as much, and nobody reads it.
    private static readonly AxeRunOptions s_violations = new() { ResultTypes = [ResultType.Violations] };

    private readonly ConcurrentQueue<string> _troubles = new();

    private readonly Uri _host;

    private Visitor(IPage page, Uri host) => (Page, _host) = (page, host);

    public IPage Page { get; }

    /// <summary>The id of the key that was signed in with, where it was made for this visitor.</summary>
    public string? KeyId { get; set; }

    /// <summary>What went wrong on the pages so far.</summary>
    public IReadOnlyList<string> Troubles => [.. _troubles];

    public static async Task<Visitor> ComeAsync(IBrowserContext context, Uri host)
    {
        var visitor = new Visitor(await context.NewPageAsync(), host);
        visitor.Page.SetDefaultTimeout(20_000);
        visitor.Page.Console += (_, message) => visitor.Note(message);
        visitor.Page.PageError += (_, error) => visitor._troubles.Enqueue($"An exception: {error}");
        visitor.Page.Dialog += async (_, dialog) =>
        {
            visitor._troubles.Enqueue($"A dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
        return visitor;
    }

    public async Task GoAsync(Uri address, int status = 200)
    {
        var answer = await Page.GotoAsync(address.AbsoluteUri);
        Assert.Equal(status, answer?.Status);
    }

    public Task PressAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public Task FollowAsync(string link) => Page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();

    /// <summary>Waits until the browser was sent to an address of another site: whether that has loaded is none of ours, and its event may be over before it is waited for.</summary>
    public Task ReachAsync(string address) => Page.WaitForURLAsync(address, new() { WaitUntil = WaitUntilState.Commit });

    /// <summary>Waits until the page says that somewhere.</summary>
    public async Task SeeAsync(string text)
    {
        try
        {
            await Page.Locator("main").GetByText(text).First.WaitForAsync();
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{Page.Url} never said {text}, but {await Page.Locator("main").InnerTextAsync()}");
        }
    }

    /// <summary>What every page keeps, whatever it shows; and pictures of it for a person to look at.</summary>
    /// <param name="name">What the pictures are called.</param>
    public async Task LookAsync(string name)
    {
        var bytes = await Page.EvaluateAsync<int>("[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, one) => sum + one.decodedBodySize, 0)");
        Assert.InRange(bytes, 1, MostBytes);
        foreach (var (scheme, word) in new[] { (ColorScheme.Light, "light"), (ColorScheme.Dark, "dark") })
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await AssertAccessibleAsync(name, word);
            await PictureAsync(name, word);
        }

        var desk = Page.ViewportSize;
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await Page.SetViewportSizeAsync(390, 844);
        Assert.True(await Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{name} is wider than a phone.");
        await PictureAsync(name, "phone");
        await Page.SetViewportSizeAsync(desk!.Width, desk.Height);
        AssertCalm();
    }

    public void AssertCalm() => Assert.Equal("", string.Join('\n', _troubles));

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();

    private async Task AssertAccessibleAsync(string name, string how)
    {
        var found = await Page.RunAxe(s_violations);
        var serious = found.Violations.Where(static violation => violation.Impact is "serious" or "critical").ToList();
        Assert.True(serious.Count == 0, $"{name} ({how}): {string.Join('\n', serious.SelectMany(Tell))}");
    }

    private static IEnumerable<string> Tell(AxeResultItem violation) => violation.Nodes.Select(node => $"{violation.Help}: {node.Html}");

    private Task<byte[]> PictureAsync(string name, string how)
        => Page.ScreenshotAsync(new() { Path = Path.Combine(s_screenshots, $"{name}-{how}.png"), FullPage = true });

    // Of a page that is itself a refusal Chromium writes that it is one.
    private void Note(IConsoleMessage message)
    {
        var isRefusal = message.Text.StartsWith("Failed to load resource: the server responded", StringComparison.Ordinal) && message.Location.StartsWith(Page.Url, StringComparison.Ordinal);
        if (message.Type == "error" && !isRefusal && message.Location.StartsWith(_host.AbsoluteUri, StringComparison.Ordinal))
        {
            _troubles.Enqueue($"The console: {message.Text} ({message.Location})");
        }
    }
}
