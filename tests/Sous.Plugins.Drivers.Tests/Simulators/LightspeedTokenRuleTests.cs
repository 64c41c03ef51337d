using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>K-Series' OAuth as the simulator keeps to it.</summary>
public sealed class LightspeedTokenRuleTests : LightspeedFixture
{
    [Fact]
    public async Task A_code_is_redeemed_once_within_ten_minutes_and_only_for_its_own_address()
    {
        var (code, elsewhere, late) = (await Caller.CodeAsync(Lightspeed), await Caller.CodeAsync(Lightspeed), await Caller.CodeAsync(Lightspeed));

        LightspeedReply[] replies =
        [
            await Caller.RedeemAsync(Lightspeed, code, secret: "wrong"),
            await Caller.RedeemAsync(Lightspeed, code),
            await Caller.RedeemAsync(Lightspeed, code),
            await Caller.RedeemAsync(Lightspeed, elsewhere, redirect: "http://localhost:5080/oauth/callback/other"),
        ];
        Clock.Advance(TimeSpan.FromMinutes(10));
        replies = [.. replies, await Caller.RedeemAsync(Lightspeed, late)];

        Assert.Equal(["invalid_client", null, "invalid_grant", "invalid_grant", "invalid_grant"], replies.Select(reply => reply.Member("error")));
        Assert.Equal(("bearer", "financial-api items", "3599"), (replies[1].Member("token_type"), replies[1].Member("scope"), replies[1].Member("expires_in")));
    }

    [Fact]
    public async Task A_refresh_token_is_good_once_and_a_second_use_ends_the_grant()
    {
        var first = await ConnectAsync();
        var second = await Caller.RefreshAsync(Lightspeed, first.Member("refresh_token")!);
        var third = await Caller.RefreshAsync(Lightspeed, second.Member("refresh_token")!);
        var reused = await Caller.RefreshAsync(Lightspeed, first.Member("refresh_token")!);
        var after = await Caller.RefreshAsync(Lightspeed, third.Member("refresh_token")!);
        Caller.Authorize(third.Member("access_token"));

        Assert.Equal([200, 200, 200, 400, 400], new[] { first, second, third, reused, after }.Select(reply => reply.Status));
        Assert.Equal(("invalid_grant", "invalid_grant"), (reused.Member("error"), after.Member("error")));
        Assert.Equal(401, (await Caller.GetAsync("/f/data/businesses")).Status);
        Assert.Equal(3, new[] { first, second, third }.Select(reply => reply.Member("refresh_token")).Distinct().Count());
    }

    [Fact]
    public async Task A_second_use_may_leave_the_newer_tokens_alone()
    {
        await using var lenient = await LightspeedSimulator.StartAsync(new LightspeedSimulatorOptions { Accounts = 0, RevokeOnReuse = false }, Clock, TestContext.Current.CancellationToken);
        using var caller = new LightspeedCaller(lenient);
        var first = await caller.RedeemAsync(lenient, await caller.CodeAsync(lenient));
        var second = await caller.RefreshAsync(lenient, first.Member("refresh_token")!);

        Assert.Equal(400, (await caller.RefreshAsync(lenient, first.Member("refresh_token")!)).Status);
        Assert.Equal(200, (await caller.RefreshAsync(lenient, second.Member("refresh_token")!)).Status);
    }

    [Fact]
    public async Task An_access_token_lives_an_hour_and_a_refresh_token_fourteen_days()
    {
        var tokens = await ConnectAsync();
        var unused = await ConnectAsync();
        Caller.Authorize(tokens.Member("access_token"));
        Clock.Advance(TimeSpan.FromMinutes(59));
        var alive = await Caller.GetAsync("/f/data/businesses");
        Clock.Advance(TimeSpan.FromMinutes(1));
        var dead = await Caller.GetAsync("/f/data/businesses");
        var refreshed = await Caller.RefreshAsync(Lightspeed, tokens.Member("refresh_token")!);
        Clock.Advance(TimeSpan.FromDays(14) - TimeSpan.FromHours(1));

        Assert.Equal((200, 401, 200), (alive.Status, dead.Status, refreshed.Status));
        Assert.Equal("invalid_grant", (await Caller.RefreshAsync(Lightspeed, unused.Member("refresh_token")!)).Member("error"));
    }

    [Theory]
    [InlineData("client_id", "stranger")]
    [InlineData("redirect_uri", "http://elsewhere.example/")]
    [InlineData("response_type", "token")]
    [InlineData("scope", "everything")]
    public async Task A_wrong_request_stays_on_Lightspeeds_page(string name, string value)
        => Assert.Equal(400, (await Caller.OpenPageAsync(Lightspeed, more: (name, value))).Status);

    [Fact]
    public async Task An_owner_may_deny_and_a_scope_that_was_not_granted_is_refused()
    {
        var denied = await Caller.DecideAsync(await Caller.OpenPageAsync(Lightspeed), "deny");
        using var narrow = new LightspeedCaller(Lightspeed, "items");

        Assert.Equal(("access_denied", "the state & more"), (denied["error"], denied["state"]));
        Assert.Equal((403, 200), ((await narrow.GetAsync("/f/data/businesses")).Status, (await narrow.GetAsync($"/items/v1/items?businessLocationId={Madrid}")).Status));
    }

    [Fact]
    public async Task The_token_endpoint_takes_forms_of_the_client_alone_and_can_be_out_of_order()
    {
        var nobody = await Caller.FormAsync("/oauth/token", null, ("grant_type", "refresh_token"), ("refresh_token", "any"));
        Lightspeed.Chaos = new Chaos { TokenEndpoint = TokenEndpointMode.Html };
        var html = await Caller.RefreshAsync(Lightspeed, "any");
        Lightspeed.Chaos = new Chaos { TokenEndpoint = TokenEndpointMode.Unavailable };
        var unavailable = await Caller.RefreshAsync(Lightspeed, "any");

        Assert.Equal((401, 503), (nobody.Status, unavailable.Status));
        Assert.StartsWith("<html>", html.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_carry_the_canary_and_are_told()
    {
        var tokens = await ConnectAsync();

        foreach (var secret in new[] { tokens.Member("access_token")!, tokens.Member("refresh_token")!, Lightspeed.ClientSecret })
        {
            Assert.Contains("SOUSCANARY", secret, StringComparison.Ordinal);
            Assert.Contains(secret, Lightspeed.Secrets);
        }
    }

    private async Task<LightspeedReply> ConnectAsync() => await Caller.RedeemAsync(Lightspeed, await Caller.CodeAsync(Lightspeed));
}
