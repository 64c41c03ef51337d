using System.Text;
using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.GoogleDrive;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Drivers.Tests.Drive;

public sealed class DriveFactoryTests
{
    private readonly DriveFactory _factory = new();

    [Fact]
    public void The_manifest_says_how_it_is_authorized_and_what_it_offers()
    {
        var manifest = StagedDriver.ManifestOf<DriveFactory>();

        Assert.Equal((Pkce.S256, RefreshTokenUse.Reusable, TokenBody.Form), (manifest.Authorization.Pkce, manifest.Authorization.RefreshToken, manifest.Authorization.Body));
        Assert.Equal(("offline", "consent"), (manifest.Authorization.Parameters["access_type"], manifest.Authorization.Parameters["prompt"]));
        Assert.Equal(("files", StreamScope.Connection), (manifest.Streams.Single().Name, manifest.Streams.Single().Scope));
    }

    [Fact]
    public async Task Its_token_messages_connect_refresh_and_revoke_at_a_simulated_Google()
    {
        await using var kit = await DriveKit.StartAsync(0);
        using var caller = new DriveCaller(kit.Drive);
        var oauth = new DriveOAuth(kit.Drive, caller);
        var code = (await oauth.DecideAsync(await oauth.OpenPageAsync()))["code"];

        var token = await SendAsync(caller, kit, TokenExchange.Code, code);
        var refreshed = await SendAsync(caller, kit, TokenExchange.Refresh, token.Member("refresh_token"));
        var revoked = await SendAsync(caller, kit, TokenExchange.Revoke, token.Member("refresh_token"));
        var twice = await SendAsync(caller, kit, TokenExchange.Revoke, token.Member("refresh_token"));
        var after = await SendAsync(caller, kit, TokenExchange.Refresh, token.Member("refresh_token"));

        Assert.Equal((200, 200, 200, 400, 400), (token.Status, refreshed.Status, revoked.Status, twice.Status, after.Status));
        Assert.NotNull(refreshed.Member(_factory.AnswerShape.AccessToken));
        Assert.Equal(TokenFailure.GrantGone, _factory.ReadFailure(TokenExchange.Revoke, twice.Status, twice.Bytes));
        Assert.Equal(TokenFailure.GrantGone, _factory.ReadFailure(TokenExchange.Refresh, after.Status, after.Bytes));
        Assert.Null(_factory.Describe(TokenExchange.ClientCredentials));
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_grant"}""", TokenFailure.GrantGone)]
    [InlineData(401, """{"error":"invalid_client"}""", TokenFailure.ClientRejected)]
    [InlineData(401, """{"error":"deleted_client"}""", TokenFailure.ClientRejected)]
    [InlineData(400, """{"error":"redirect_uri_mismatch"}""", TokenFailure.ClientRejected)]
    [InlineData(400, """{"error":"invalid_token"}""", TokenFailure.Temporary)]
    [InlineData(400, """{"error":{"code":400}}""", TokenFailure.Temporary)]
    [InlineData(400, "<html>invalid_grant</html>", TokenFailure.Temporary)]
    [InlineData(500, """{"error":"invalid_grant"}""", TokenFailure.Temporary)]
    [InlineData(429, """{"error":"rate_limit_exceeded"}""", TokenFailure.Temporary)]
    public void Only_Googles_own_word_ends_a_grant(int status, string body, TokenFailure expected) =>
        Assert.Equal(expected, _factory.ReadFailure(TokenExchange.Refresh, status, Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("the-token", WebhookVerdict.Genuine)]
    [InlineData("the-tokem", WebhookVerdict.Forged)]
    [InlineData("the-token-and-more", WebhookVerdict.Forged)]
    [InlineData("", WebhookVerdict.Forged)]
    [InlineData(null, WebhookVerdict.Forged)]
    public void A_push_message_is_known_by_its_channels_token(string? token, WebhookVerdict expected) =>
        Assert.Equal(expected, _factory.Verify(Message("change", token), new Secret("the-token"), DriveKit.Start));

    [Fact]
    public void A_push_message_tells_that_something_changed_and_nothing_else_of_it_counts()
    {
        var change = Assert.Single(_factory.Read(Message("change", "t") with { Body = Encoding.UTF8.GetBytes("""{"fileId":"planted"}""") }));

        Assert.Equal((ServiceEventKind.FileChanged, "channel-1:7"), (change.Kind, change.EventId));
        Assert.Empty(change.RecordIds);
        Assert.Empty(_factory.Read(Message("sync", "t")));
        Assert.Equal(FailureKind.Defect, Assert.Throws<DriverException>(() => _factory.Read(Message(null, "t"))).Kind);
    }

    private static WebhookRequest Message(string? state, string? token)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["x-goog-channel-id"] = "channel-1", ["x-goog-message-number"] = "7" };
        if (state is not null)
        {
            headers["x-goog-resource-state"] = state;
        }

        if (token is not null)
        {
            headers["x-goog-channel-token"] = token;
        }

        return new WebhookRequest { RegisteredAddress = new Uri("https://sous.example/webhooks/google-drive/x"), Headers = headers, Body = default };
    }

    private Task<DriveReply> SendAsync(DriveCaller caller, DriveKit kit, TokenExchange exchange, string? value)
    {
        var message = _factory.Describe(exchange)!;
        return caller.FormAsync(exchange == TokenExchange.Revoke ? "/revoke" : "/token", [.. message.Fields.Select(field => (field.Name, (string?)(field.Value switch
        {
            TokenValue.ClientId => kit.Drive.Options.ClientId,
            TokenValue.ClientSecret => kit.Drive.ClientSecret,
            TokenValue.RedirectUri => DriveOAuth.Redirect,
            TokenValue.CodeVerifier => DriveOAuth.Verifier,
            TokenValue.Literal => field.Text,
            _ => value,
        })))]);
    }
}
