using System.Text.Json.Nodes;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Browser.Tests;

/// <summary>What the owner of an account meets, at a service whose authorization server is OpenIddict.</summary>
public sealed class ConnectTests(Stage stage)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_says_yes_comes_back_to_the_platform_and_it_is_done_once_that_completes_it()
    {
        await using var owner = await stage.OpenAsync();
        var tenant = await stage.AddTenantAsync("Hill Street Group");
        var session = await AskAsync(tenant, returnTo: "demo");
        await owner.GoAsync(new Uri((string)session["url"]!));
        await owner.LookAsync("connect");

        await owner.PressAsync("Continue to Fixture Rotating");
        await owner.PressAsync("Allow");

        await owner.ReachAsync($"{stage.Elsewhere.Back}*");
        Assert.Contains("completion=", owner.Page.Url, StringComparison.Ordinal);
        await owner.GoAsync(new Uri((string)session["url"]!));
        await owner.SeeAsync("Almost done");
        await owner.LookAsync("connect-almost-done");
        var connection = await stage.CompleteAsync(tenant, (string)session["id"]!);
        Assert.Equal("ok", (string?)connection["status"]);
        await owner.GoAsync(new Uri((string)session["url"]!));
        await owner.SeeAsync("Fixture Rotating is linked.");
        await owner.LookAsync("connect-done");
    }

    [Fact]
    public async Task Whoever_says_no_reads_that_nothing_is_shared()
    {
        await using var owner = await stage.OpenAsync();
        var tenant = await stage.AddTenantAsync("Hill Street Group");
        var session = await AskAsync(tenant);
        await owner.GoAsync(new Uri((string)session["url"]!));

        await owner.PressAsync("Continue to Fixture Rotating");
        await owner.PressAsync("Deny");

        await owner.SeeAsync("Nothing was linked");
        await owner.LookAsync("connect-denied");
        Assert.Equal("denied", (string?)(await stage.Platform.GetAsync($"{tenant}/connect-sessions/{(string)session["id"]!}", Token))["status"]);
    }

    [Fact]
    public async Task A_link_that_has_run_out_says_so()
    {
        await using var owner = await stage.OpenAsync();
        var session = await AskAsync(await stage.AddTenantAsync("Hill Street Group"));
        var registry = stage.Get<IRegistry>();
        var stored = await registry.FindAsync(ConnectSession.Collection, (string)session["id"]!, Token);
        await registry.WriteAsync(transaction => transaction.Put(ConnectSession.Collection, stored! with { ExpiresAt = stored.CreatedAt }), Token);

        await owner.GoAsync(new Uri((string)session["url"]!));

        await owner.SeeAsync("This link has run out");
        await owner.LookAsync("connect-expired");
    }

    [Fact]
    public async Task A_link_that_nobody_made_says_so()
    {
        await using var owner = await stage.OpenAsync();

        await owner.GoAsync(new Uri(stage.Address, "connect/nothing"), 404);

        await owner.SeeAsync("There is no such link");
        await owner.LookAsync("connect-unknown");
    }

    [Fact]
    public async Task Whoever_renews_a_link_with_another_account_reads_that_nothing_has_changed()
    {
        await using var owner = await stage.OpenAsync();
        var tenant = await stage.AddTenantAsync("Hill Street Group");
        stage.Service.Account = "mine";
        var connection = await stage.ConnectAsync(tenant, Stage.Rotating);
        var session = await stage.Platform.PostAsync($"{connection}/reconnect", new JsonObject { ["initiator"] = "user-1" }, Token);
        stage.Service.Account = "somebody-elses";
        await owner.GoAsync(new Uri((string)session["url"]!));

        await owner.PressAsync("Continue to Fixture Rotating");
        await owner.PressAsync("Allow");
        await owner.SeeAsync("Almost done");
        await Assert.ThrowsAsync<HostRefusedException>(() => stage.CompleteAsync(tenant, (string)session["id"]!));
        await owner.GoAsync(new Uri((string)session["url"]!));

        await owner.SeeAsync("This is another account");
        await owner.LookAsync("connect-another-account");
    }

    private Task<JsonNode> AskAsync(string tenant, string? returnTo = null) => stage.Platform.PostAsync(
        $"{tenant}/connect-sessions", new JsonObject { ["driver"] = Stage.Rotating, ["initiator"] = "user-1", ["returnTo"] = returnTo }, Token);
}
