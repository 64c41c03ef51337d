using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Square;

namespace Sous.Plugins.Drivers.Tests.Square;

public sealed class SquareFactoryTests
{
    private readonly SquareFactory _factory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_manifest_says_how_it_is_authorized_and_what_it_offers()
    {
        var manifest = StagedDriver.ManifestOf<SquareFactory>();

        Assert.Equal((Pkce.Unavailable, RefreshTokenUse.Reusable, TokenBody.Json, 604_800, 2_592_000), (manifest.Authorization.Pkce,
            manifest.Authorization.RefreshToken, manifest.Authorization.Body, manifest.Authorization.RefreshAgeSeconds, manifest.Authorization.DefaultLifeSeconds));
        Assert.Equal(["sales", "catalog"], manifest.Streams.Select(stream => stream.Name));
    }

    [Fact]
    public async Task Its_token_messages_connect_refresh_and_revoke_at_a_simulated_Square()
    {
        await using var kit = await SquareKit.StartAsync(0);
        using var pages = new SquareCaller(kit.Square);
        using var client = new HttpClient { BaseAddress = kit.Square.Address };
        var code = (await new SquareOAuth(kit.Square, pages).DecideAsync("allow"))["code"]!;

        var token = await SendAsync(client, kit, TokenExchange.Code, code);
        var refreshed = await SendAsync(client, kit, TokenExchange.Refresh, Text(token.Body, "refresh_token"));
        var revoked = await SendAsync(client, kit, TokenExchange.Revoke, Text(refreshed.Body, "access_token"));
        var after = await SendAsync(client, kit, TokenExchange.Refresh, Text(token.Body, "refresh_token"));
        var again = await SendAsync(client, kit, TokenExchange.Code, code);

        Assert.Equal((200, 200, 200, 401, 401), (token.Status, refreshed.Status, revoked.Status, after.Status, again.Status));
        Assert.Equal("MLHILLHARBOR1", Text(token.Body, _factory.AnswerShape.AccountId!));
        Assert.Equal(SquareKit.Start.AddDays(30), DateTimeOffset.Parse(Text(token.Body, _factory.AnswerShape.ExpiresAt!), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(TokenFailure.GrantGone, Failure(TokenExchange.Refresh, after));
        Assert.Equal(TokenFailure.GrantGone, Failure(TokenExchange.Code, again));
        Assert.Null(_factory.Describe(TokenExchange.ClientCredentials));
    }

    [Theory]
    [InlineData("client_secret", "wrong", TokenFailure.ClientRejected)]
    [InlineData("client_id", "wrong", TokenFailure.ClientRejected)]
    [InlineData("refresh_token", "wrong", TokenFailure.GrantGone)]
    public async Task A_refusal_of_the_simulated_Square_is_laid_at_the_right_door(string member, string value, TokenFailure expected)
    {
        await using var kit = await SquareKit.StartAsync(0);
        using var pages = new SquareCaller(kit.Square);
        using var client = new HttpClient { BaseAddress = kit.Square.Address };
        var token = await SendAsync(client, kit, TokenExchange.Code, (await new SquareOAuth(kit.Square, pages).DecideAsync("allow"))["code"]!);

        var refused = await SendAsync(client, kit, TokenExchange.Refresh, Text(token.Body, "refresh_token"), (member, value));

        Assert.Equal(expected, Failure(TokenExchange.Refresh, refused));
    }

    [Theory]
    [InlineData(401, """{"errors":[{"category":"AUTHENTICATION_ERROR","code":"ACCESS_TOKEN_REVOKED"}]}""", TokenFailure.GrantGone)]
    [InlineData(401, """{"errors":[{"category":"AUTHENTICATION_ERROR","code":"ACCESS_TOKEN_EXPIRED"}]}""", TokenFailure.GrantGone)]
    [InlineData(401, """{"errors":[{"category":"AUTHENTICATION_ERROR","code":"UNAUTHORIZED"}]}""", TokenFailure.ClientRejected)]
    [InlineData(400, """{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"BAD_REQUEST"}]}""", TokenFailure.Temporary)]
    [InlineData(401, "<html>Sign in to the guest network</html>", TokenFailure.Temporary)]
    [InlineData(401, "", TokenFailure.Temporary)]
    [InlineData(401, "{\"errors\":[]}", TokenFailure.Temporary)]
    [InlineData(401, "{\"errors\":[{\"code\":7}]}", TokenFailure.Temporary)]
    [InlineData(401, "{\"errors\":[{\"code\":\"ACCESS_TOKEN_REV", TokenFailure.Temporary)]
    [InlineData(429, """{"errors":[{"category":"RATE_LIMIT_ERROR","code":"RATE_LIMITED"}]}""", TokenFailure.Temporary)]
    [InlineData(503, """{"errors":[{"category":"API_ERROR","code":"ACCESS_TOKEN_REVOKED"}]}""", TokenFailure.Temporary)]
    [InlineData(302, "", TokenFailure.Temporary)]
    public void Only_the_services_own_word_ends_a_grant(int status, string body, TokenFailure expected)
        => Assert.Equal(expected, _factory.ReadFailure(TokenExchange.Refresh, status, Encoding.UTF8.GetBytes(body)));

    private static string Text(string body, string name) => JsonElement.Parse(body).GetProperty(name).GetString()!;

    private TokenFailure Failure(TokenExchange exchange, (int Status, string Body) answer) => _factory.ReadFailure(exchange, answer.Status, Encoding.UTF8.GetBytes(answer.Body));

    /// <summary>What the host does: fills the values in and sends the message.</summary>
    private async Task<(int Status, string Body)> SendAsync(HttpClient client, SquareKit kit, TokenExchange exchange, string given, (string Name, string Value)? wrong = null)
    {
        var message = _factory.Describe(exchange)!;
        string Fill(TokenField field) => field.Name == wrong?.Name ? wrong.Value.Value : field.Value switch
        {
            TokenValue.Literal => field.Text!,
            TokenValue.ClientId => field.Text + kit.Square.Options.ClientId,
            TokenValue.ClientSecret => field.Text + kit.Square.ClientSecret,
            TokenValue.RedirectUri => SquareOAuth.Redirect,
            _ => field.Text + given,
        };
        var body = new JsonObject(message.Fields.Select(field => KeyValuePair.Create<string, JsonNode?>(field.Name, Fill(field))));
        using var request = new HttpRequestMessage(HttpMethod.Post, exchange == TokenExchange.Revoke ? "oauth2/revoke" : "oauth2/token")
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        foreach (var header in message.Headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(header.Name, Fill(header)));
        }

        using var response = await client.SendAsync(request, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
