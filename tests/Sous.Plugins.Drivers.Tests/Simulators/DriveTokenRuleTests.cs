using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>Google's OAuth as the simulator keeps to it.</summary>
public sealed class DriveTokenRuleTests : DriveFixture
{
    private DriveOAuth OAuth => new(Drive, Caller);

    [Fact]
    public async Task A_code_is_redeemed_once_and_only_by_whom_it_was_made_for()
    {
        var code = (await OAuth.DecideAsync(await OAuth.OpenPageAsync()))["code"];
        var again = (await OAuth.DecideAsync(await OAuth.OpenPageAsync()))["code"];
        var third = (await OAuth.DecideAsync(await OAuth.OpenPageAsync()))["code"];
        var fourth = (await OAuth.DecideAsync(await OAuth.OpenPageAsync()))["code"];

        DriveReply[] replies =
        [
            await OAuth.RedeemAsync(code, secret: "wrong"),
            await OAuth.RedeemAsync(code),
            await OAuth.RedeemAsync(code),
            await OAuth.RedeemAsync(again, verifier: "another-verifier-of-more-than-forty-three-characters"),
            await OAuth.RedeemAsync(third, verifier: null),
            await OAuth.RedeemAsync(fourth, redirect: "http://localhost:5080/oauth/callback/other"),
        ];

        Assert.Equal(["invalid_client", null, "invalid_grant", "invalid_grant", "invalid_grant", "redirect_uri_mismatch"], replies.Select(reply => reply.Member("error")));
        Assert.Equal(("Bearer", DriveOAuth.ReadOnly), (replies[1].Member("token_type"), replies[1].Member("scope")));
        Assert.Equal(3599, replies[1].Json.GetProperty("expires_in").GetInt32());
    }

    [Fact]
    public async Task A_code_is_good_for_ten_minutes()
    {
        var code = (await OAuth.DecideAsync(await OAuth.OpenPageAsync()))["code"];
        Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal("invalid_grant", (await OAuth.RedeemAsync(code)).Member("error"));
    }

    [Fact]
    public async Task A_refresh_token_comes_when_asked_for_and_never_in_the_answer_to_a_refresh()
    {
        Drive.RevokeGrant();
        var first = await OAuth.ConnectAsync(("prompt", "none"));
        var unasked = await OAuth.ConnectAsync(("prompt", "none"));
        var consented = await OAuth.ConnectAsync();
        var online = await OAuth.ConnectAsync(("access_type", "online"));
        var refreshed = await OAuth.RefreshAsync(consented.Member("refresh_token")!);

        Assert.Equal([true, false, true, false, false],
            new[] { first, unasked, consented, online, refreshed }.Select(reply => reply.Member("refresh_token") is not null));
        Assert.NotEqual(consented.Member("access_token"), refreshed.Member("access_token"));
    }

    [Fact]
    public async Task An_owner_may_grant_fewer_scopes_or_none()
    {
        const string both = $"{DriveOAuth.ReadOnly} https://www.googleapis.com/auth/userinfo.email";

        var fewer = await OAuth.DecideAsync(await OAuth.OpenPageAsync(both), ticked: scope => scope != DriveOAuth.ReadOnly);
        var none = await OAuth.DecideAsync(await OAuth.OpenPageAsync(both), ticked: _ => false);
        var canceled = await OAuth.DecideAsync(await OAuth.OpenPageAsync(both), "cancel");
        var token = await OAuth.RedeemAsync(fewer["code"]);
        Caller.Authorize(token.Member("access_token"));

        Assert.Equal("https://www.googleapis.com/auth/userinfo.email", token.Member("scope"));
        Assert.Equal(("access_denied", "access_denied", "the state & more"), (none["error"], canceled["error"], canceled["state"]));
        Assert.Equal((403, "insufficientPermissions"), ((await Caller.GetAsync("about?fields=*")).Status, (await Caller.GetAsync("about?fields=*")).Reason));
    }

    [Fact]
    public async Task Scopes_granted_before_come_along_when_they_are_asked_to()
    {
        await OAuth.RedeemAsync((await OAuth.DecideAsync(await OAuth.OpenPageAsync("openid")))["code"]);

        Assert.Equal($"{DriveOAuth.ReadOnly} openid", (await OAuth.ConnectAsync(("include_granted_scopes", "true"))).Member("scope"));
        Assert.Equal(DriveOAuth.ReadOnly, (await OAuth.ConnectAsync(("include_granted_scopes", "false"))).Member("scope"));
    }

    [Fact]
    public async Task Revoking_either_token_ends_the_grant_and_a_second_time_says_so()
    {
        var token = await OAuth.ConnectAsync();

        var revoked = await Caller.FormAsync("/revoke", ("token", token.Member("refresh_token")));
        var again = await Caller.FormAsync("/revoke", ("token", token.Member("access_token")));
        Caller.Authorize(token.Member("access_token"));

        Assert.Equal((200, 400, "invalid_token"), (revoked.Status, again.Status, again.Member("error")));
        Assert.Equal((401, "authError"), ((await Caller.GetAsync("about?fields=*")).Status, (await Caller.GetAsync("about?fields=*")).Reason));
        Assert.Equal("invalid_grant", (await OAuth.RefreshAsync(token.Member("refresh_token")!)).Member("error"));
    }

    [Theory]
    [InlineData("client_id", "stranger", "invalid_client")]
    [InlineData("redirect_uri", "http://elsewhere.example/", "redirect_uri_mismatch")]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("scope", "https://example.com/everything", "invalid_scope")]
    [InlineData("code_challenge_method", "S512", "invalid_request")]
    public async Task A_wrong_request_stays_on_Googles_page(string name, string value, string error)
    {
        var page = await OAuth.OpenPageAsync(DriveOAuth.ReadOnly, (name, value));

        Assert.Equal(400, page.Status);
        Assert.Contains(error, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_endpoint_takes_forms_alone_and_can_be_out_of_order()
    {
        var json = await Caller.PostAsync("/token", new { grant_type = "refresh_token" });
        Drive.Chaos = new Chaos { TokenEndpoint = TokenEndpointMode.Html };
        var html = await OAuth.RefreshAsync("any");
        Drive.Chaos = new Chaos { TokenEndpoint = TokenEndpointMode.Unavailable };
        var unavailable = await OAuth.RefreshAsync("any");

        Assert.Equal(("invalid_request", "text/html", 503), (json.Member("error"), html.MediaType, unavailable.Status));
    }

    [Fact]
    public async Task Secrets_carry_the_canary_and_are_told()
    {
        var token = await OAuth.ConnectAsync();

        foreach (var secret in new[] { token.Member("access_token")!, token.Member("refresh_token")!, Drive.ClientSecret })
        {
            Assert.Contains("SOUSCANARY", secret, StringComparison.Ordinal);
            Assert.Contains(secret, Drive.Secrets);
        }

        Assert.NotEmpty(Drive.Truth.In(DriveSimulator.RecipesFolder));
    }
}
