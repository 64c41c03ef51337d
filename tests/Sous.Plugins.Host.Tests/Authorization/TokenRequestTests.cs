using System.Text;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>The messages of services that keep to the standards, to the letter.</summary>
public sealed class TokenRequestTests
{
    private static readonly Uri Address = new("https://service.example/token");

    private static readonly TokenValues Values = new()
    {
        Client = new ClientRegistration("client 1", new Secret("s:e+c"), null),
        Code = new Secret("c&d"),
        RedirectAddress = "https://sous.example/oauth/callback/x",
        Verifier = new Secret("v"),
        RefreshToken = new Secret("r"),
        AccessToken = new Secret("a"),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TokenExchange.Code, "grant_type=authorization_code&code=c%26d&redirect_uri=https%3A%2F%2Fsous.example%2Foauth%2Fcallback%2Fx&code_verifier=v&client_id=client+1&client_secret=s%3Ae%2Bc")]
    [InlineData(TokenExchange.Refresh, "grant_type=refresh_token&refresh_token=r&client_id=client+1&client_secret=s%3Ae%2Bc")]
    [InlineData(TokenExchange.ClientCredentials, "grant_type=client_credentials&scope=one+two&client_id=client+1&client_secret=s%3Ae%2Bc")]
    [InlineData(TokenExchange.Revoke, "token=r&token_type_hint=refresh_token&client_id=client+1&client_secret=s%3Ae%2Bc")]
    public async Task A_form_with_the_client_in_its_body(TokenExchange exchange, string expected)
    {
        var manifest = Manifest(ClientAuthentication.Body);
        using var request = TokenRequest.Build(Address, StandardTokenMessages.Describe(manifest, exchange, hasRefreshToken: true), manifest, Values);

        Assert.Equal(expected, await request.Content!.ReadAsStringAsync(Token));
        Assert.Null(request.Headers.Authorization);
    }

    [Fact]
    public async Task A_client_in_the_header_is_escaped_first_and_is_not_in_the_body()
    {
        var manifest = Manifest(ClientAuthentication.Basic);
        var values = Values with { Verifier = null };
        using var request = TokenRequest.Build(Address, StandardTokenMessages.Describe(manifest, TokenExchange.Code, hasRefreshToken: false), manifest, values);

        var header = Encoding.UTF8.GetString(Convert.FromBase64String(request.Headers.Authorization!.Parameter!));
        Assert.Equal(("Basic", "client+1:s%3Ae%2Bc"), (request.Headers.Authorization.Scheme, header.Replace("%20", "+", StringComparison.Ordinal)));
        var body = await request.Content!.ReadAsStringAsync(Token);
        Assert.DoesNotContain("client", body, StringComparison.Ordinal);
        Assert.DoesNotContain("code_verifier", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_json_body_and_a_header_with_a_secret_behind_a_word()
    {
        var message = new TokenMessage
        {
            Body = TokenBody.Json,
            Fields = [new("client_id", TokenValue.ClientId), new("access_token", TokenValue.AccessToken)],
            Headers = [new("Authorization", TokenValue.ClientSecret, "Client ")],
        };
        using var request = TokenRequest.Build(Address, message, Manifest(ClientAuthentication.Body), Values);

        Assert.Equal("""{"client_id":"client 1","access_token":"a"}""", await request.Content!.ReadAsStringAsync(Token));
        Assert.Equal("Client s:e+c", request.Headers.GetValues("Authorization").Single());
    }

    [Theory]
    [InlineData("invalid_grant", TokenFailure.GrantGone)]
    [InlineData("invalid_client", TokenFailure.ClientRejected)]
    [InlineData("unauthorized_client", TokenFailure.ClientRejected)]
    [InlineData("temporarily_unavailable", TokenFailure.Temporary)]
    [InlineData("INVALID_GRANT", TokenFailure.Temporary)]
    [InlineData(null, TokenFailure.Temporary)]
    public void Of_all_errors_one_means_that_the_grant_is_gone(string? error, TokenFailure expected)
        => Assert.Equal(expected, StandardTokenMessages.ReadFailure(error));

    private static AuthorizationManifest Manifest(ClientAuthentication authentication) => new()
    {
        Kind = AuthorizationKind.OauthCode,
        Scopes = ["one", "two"],
        ClientAuthentication = authentication,
        Body = TokenBody.Form,
    };
}
