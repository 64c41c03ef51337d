using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Drivers.Egress;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>Invariants 13 and 14 through the whole host, with a driver that takes a page that does not come for an empty one and goes on.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SwallowedErrorTests : IAsyncLifetime
{
    private static readonly string[] s_all = ["0-a", "0-b", "1-a", "1-b", "2-a", "2-b"];

    private readonly PluginsTree _tree = new();
    private volatile Func<HttpContext, Task>? _middle;
    private LoopbackService _service = null!;
    private GuardedHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _tree.Add("Wild");
        _tree.List(PluginsTree.Entry("wild", "Wild"));
        _service = await LoopbackService.StartAsync((context, _) => context.Request.Path.Value switch
        {
            "/entries/1" when _middle is { } trouble => trouble(context),
            ['/', .. "entries/", var page] => context.Response.WriteAsync($"{page}-a,{page}-b"),
            _ => Task.CompletedTask,
        });
        _host = await GuardedHost.StartAsync(_tree.File, ("Clients:wild:ApiUrl", _service.Address.AbsoluteUri), ("Clients:wild:RateLimits:Connection", "none"));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _service.DisposeAsync();
        _tree.Dispose();
    }

    [Theory]
    [InlineData("swallows in a listing", "503")]
    [InlineData("swallows in a listing", "408")]
    [InlineData("swallows in a listing", "no answer")]
    [InlineData("swallows in a listing", "half an answer")]
    [InlineData("swallows in changes", "503")]
    [InlineData("swallows in changes", "half an answer")]
    [InlineData("swallows at the end", "503")]
    public async Task A_scope_is_not_taken_for_whole_while_a_call_of_its_listing_had_no_answer(string kind, string trouble)
    {
        _middle = Of(trouble);
        var connection = await _host.ConnectWithKeyAsync("wild", new { catalog = kind });

        var run = await _host.RunAsync(connection, "catalog");

        Assert.Equal("retry_later", GuardedHost.OutcomeOf(run));
        Assert.Contains($"GET /entries/1 ({trouble})", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("completed", await _host.OutcomesAsync(connection, "catalog"));
        Assert.Equal(["0-a", "0-b"], await _host.IdsAsync(connection, "catalog"));
        _middle = null;
        await _host.AssertAllFoundAsync(connection, "catalog", s_all);
    }

    [Fact]
    public async Task Nothing_is_told_as_deleted_that_only_a_failed_page_would_have_named()
    {
        var connection = await _host.ConnectWithKeyAsync("wild", new { catalog = "swallows in a listing" });
        await _host.AssertAllFoundAsync(connection, "catalog", s_all);
        _middle = Of("503");

        var run = await _host.RunAsync(connection, "catalog");

        Assert.Equal(("retry_later", 0), (GuardedHost.OutcomeOf(run), run.GetProperty("deleted").GetInt32()));
        Assert.Equal(s_all, await _host.IdsAsync(connection, "catalog"));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(403)]
    public async Task What_the_service_says_of_a_call_is_the_drivers_own_affair(int status)
    {
        _middle = Of($"{status}");

        var connection = await _host.ConnectWithKeyAsync("wild", new { catalog = "swallows in a listing" });

        await _host.AssertAllFoundAsync(connection, "catalog", s_all.Where(static id => id[0] != '1'));
    }

    private static Func<HttpContext, Task> Of(string trouble) => async context =>
    {
        switch (trouble)
        {
            case "no answer":
                context.Abort();
                break;
            case "half an answer":
                // Kestrel closes the connection after what is there.
                context.Response.ContentLength = 100;
                await context.Response.WriteAsync("1-a,");
                break;
            default:
                context.Response.StatusCode = int.Parse(trouble, System.Globalization.CultureInfo.InvariantCulture);
                break;
        }
    };
}
