using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

public sealed class SquareTokenRuleTests : IAsyncLifetime
{
    private const string Verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789";
    private readonly FakeTimeProvider _clock = new(SquareFixture.Now);
    private SquareSimulator _square = null!;
    private SquareCaller _caller = null!;
    private SquareOAuth _oauth = null!;

    public async ValueTask InitializeAsync()
    {
        _square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 10 }, _clock, TestContext.Current.CancellationToken);
        _caller = new SquareCaller(_square);
        _caller.Authorize(null);
        _oauth = new SquareOAuth(_square, _caller);
    }

    public async ValueTask DisposeAsync()
    {
        _caller.Dispose();
        await _square.DisposeAsync();
    }

    [Fact]
    public async Task Allowing_gives_a_code_that_gives_a_token_for_thirty_days()
    {
        var callback = await _oauth.DecideAsync("allow");
        var token = await _oauth.RedeemAsync(callback["code"]!);

        Assert.Equal(("code", "the state & more"), (callback["response_type"], callback["state"]));
        Assert.Equal((200, "bearer", "2025-12-25T12:00:00Z", "MLHILLHARBOR1"), (token.Status, token.Member("token_type"), token.Member("expires_at"), token.Member("merchant_id")));
        Assert.Equal(200, await CallAsync(token));
    }

    [Fact]
    public async Task Denying_says_so_and_gives_no_code()
    {
        var callback = await _oauth.DecideAsync("deny");

        Assert.Equal(("access_denied", "user_denied", "the state & more"), (callback["error"], callback["error_description"], callback["state"]));
        Assert.False(callback.ContainsKey("code"));
    }

    [Fact]
    public async Task A_form_is_no_token_request()
    {
        var reply = await _caller.FormAsync("/oauth2/token", ("client_id", _square.Options.ClientId), ("grant_type", "authorization_code"));

        Assert.Equal((415, "UNSUPPORTED_MEDIA_TYPE"), (reply.Status, reply.ErrorCode));
    }

    [Fact]
    public async Task A_code_works_once()
    {
        var code = (await _oauth.DecideAsync("allow"))["code"]!;

        Assert.Equal(200, (await _oauth.RedeemAsync(code)).Status);
        Assert.Equal(401, (await _oauth.RedeemAsync(code)).Status);
    }

    [Fact]
    public async Task A_code_lives_five_minutes()
    {
        var code = (await _oauth.DecideAsync("allow"))["code"]!;

        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(401, (await _oauth.RedeemAsync(code)).Status);
    }

    [Fact]
    public async Task The_redirect_address_is_compared_to_the_letter()
    {
        var code = (await _oauth.DecideAsync("allow"))["code"]!;

        var other = await _oauth.RedeemAsync(code, SquareOAuth.Redirect + "/");
        var unregistered = await _oauth.OpenPageAsync(SquareOAuth.Redirect + "?x=1");

        Assert.Equal((401, 400), (other.Status, unregistered.Status));
    }

    [Fact]
    public async Task A_refresh_keeps_the_refresh_token_and_the_old_access_token()
    {
        var first = await _oauth.ConnectAsync();
        var second = await _oauth.RefreshAsync(first.Member("refresh_token")!);

        Assert.Equal(first.Member("refresh_token"), second.Member("refresh_token"));
        Assert.NotEqual(first.Member("access_token"), second.Member("access_token"));
        Assert.Equal((200, 200), (await CallAsync(first), await CallAsync(second)));
    }

    [Fact]
    public async Task With_a_code_challenge_the_refresh_token_is_spent_by_its_use()
    {
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
        var code = (await _oauth.DecideAsync("allow", challenge: challenge))["code"]!;
        var first = await PkceAsync(new { client_id = _square.Options.ClientId, code, redirect_uri = SquareOAuth.Redirect, code_verifier = Verifier, grant_type = "authorization_code" });
        var refresh = new { client_id = _square.Options.ClientId, refresh_token = first.Member("refresh_token"), grant_type = "refresh_token" };

        var second = await PkceAsync(refresh);
        var again = await PkceAsync(refresh);

        Assert.Equal((200, 200, 401), (first.Status, second.Status, again.Status));
        Assert.Equal("2026-02-23T12:00:00Z", first.Member("refresh_token_expires_at"));
        Assert.NotEqual(first.Member("refresh_token"), second.Member("refresh_token"));
    }

    [Fact]
    public async Task A_wrong_verifier_spends_the_code()
    {
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
        var code = (await _oauth.DecideAsync("allow", challenge: challenge))["code"]!;

        var wrong = await PkceAsync(new { client_id = _square.Options.ClientId, code, redirect_uri = SquareOAuth.Redirect, code_verifier = "wrong", grant_type = "authorization_code" });

        Assert.Equal(401, wrong.Status);
    }

    [Fact]
    public async Task A_wrong_secret_is_told_apart_from_a_dead_grant()
    {
        var token = await _oauth.ConnectAsync();

        var wrong = await _caller.PostAsync("/oauth2/token", new { client_id = _square.Options.ClientId, client_secret = "wrong", refresh_token = token.Member("refresh_token"), grant_type = "refresh_token" });
        _square.RevokeGrant();
        var dead = await _oauth.RefreshAsync(token.Member("refresh_token")!);

        Assert.Equal((401, "UNAUTHORIZED", "client_secret"), (wrong.Status, wrong.ErrorCode, wrong.Json.GetProperty("errors")[0].GetProperty("field").GetString()));
        Assert.Equal((401, "ACCESS_TOKEN_REVOKED"), (dead.Status, dead.ErrorCode));
    }

    [Fact]
    public async Task Each_way_an_access_token_can_fail_has_its_code()
    {
        var token = await _oauth.ConnectAsync();
        _caller.Authorize(token.Member("access_token"));

        var forbidden = await _caller.GetAsync("/v2/payments");
        _square.ExpireAccessTokens();
        var expired = await _caller.GetAsync("/v2/locations");
        _square.RevokeGrant();
        var revoked = await _caller.GetAsync("/v2/locations");
        _caller.Authorize("stranger");
        var unknown = await _caller.GetAsync("/v2/locations");

        Assert.Equal((403, "INSUFFICIENT_SCOPES"), (forbidden.Status, forbidden.ErrorCode));
        Assert.Equal((401, "ACCESS_TOKEN_EXPIRED"), (expired.Status, expired.ErrorCode));
        Assert.Equal((401, "ACCESS_TOKEN_REVOKED"), (revoked.Status, revoked.ErrorCode));
        Assert.Equal((401, "UNAUTHORIZED"), (unknown.Status, unknown.ErrorCode));
    }

    [Fact]
    public async Task A_short_lived_token_has_a_day()
    {
        var token = await _oauth.RedeemAsync((await _oauth.DecideAsync("allow"))["code"]!, shortLived: true);

        _clock.Advance(TimeSpan.FromHours(24));

        Assert.Equal("2025-11-26T12:00:00Z", token.Member("expires_at"));
        Assert.Equal(401, await CallAsync(token));
    }

    [Fact]
    public async Task Revoking_takes_the_application_secret_and_all_of_the_merchants_tokens()
    {
        var (first, second) = (await _oauth.ConnectAsync(), await _oauth.ConnectAsync());
        var body = new { client_id = _square.Options.ClientId, access_token = first.Member("access_token") };

        var bearer = await _caller.PostAsync("/oauth2/revoke", body, $"Bearer {_square.ClientSecret}");
        var both = await _caller.PostAsync("/oauth2/revoke", new { client_id = _square.Options.ClientId, access_token = "a", merchant_id = "b" }, $"Client {_square.ClientSecret}");
        var done = await _caller.PostAsync("/oauth2/revoke", body, $"Client {_square.ClientSecret}");

        Assert.Equal((401, 400, 200), (bearer.Status, both.Status, done.Status));
        Assert.Equal((401, 401), (await CallAsync(first), await CallAsync(second)));
    }

    [Fact]
    public async Task Revoking_only_the_access_token_leaves_the_grant()
    {
        var token = await _oauth.ConnectAsync();

        await _caller.PostAsync("/oauth2/revoke", new { client_id = _square.Options.ClientId, access_token = token.Member("access_token"), revoke_only_access_token = true }, $"Client {_square.ClientSecret}");

        Assert.Equal(401, await CallAsync(token));
        Assert.Equal(200, (await _oauth.RefreshAsync(token.Member("refresh_token")!)).Status);
    }

    [Fact]
    public async Task A_lost_answer_still_issued_its_token()
    {
        var token = await _oauth.ConnectAsync();
        var before = _square.Secrets.Count;
        _square.Chaos = new Chaos { TokenEndpoint = TokenEndpointMode.AnswerLost };

        await Assert.ThrowsAsync<HttpRequestException>(() => _oauth.RefreshAsync(token.Member("refresh_token")!));

        Assert.Equal(before + 1, _square.Secrets.Count);
    }

    [Fact]
    public async Task Every_secret_it_ever_used_carries_the_canary_and_is_remembered()
    {
        var callback = await _oauth.DecideAsync("allow");
        var token = await _oauth.RedeemAsync(callback["code"]!);

        Assert.All(_square.Secrets, secret => Assert.Contains("SOUSCANARY", secret, StringComparison.Ordinal));
        string?[] used = [_square.ClientSecret, _square.WebhookSignatureKey, callback["code"], token.Member("access_token"), token.Member("refresh_token")];
        Assert.All(used, secret => Assert.Contains(secret, _square.Secrets));
    }

    private Task<SquareReply> PkceAsync(object body) => _caller.PostAsync("/oauth2/token", body);

    private async Task<int> CallAsync(SquareReply token)
    {
        _caller.Authorize(token.Member("access_token"));
        return (await _caller.GetAsync("/v2/locations")).Status;
    }
}
