using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Drivers of services that nobody consents to in a browser: one with a key, one where the client logs in as Toast wants it.</summary>
internal static class DirectDriver
{
    public const string Key = "key-service";
    public const string Login = "login-service";

    public static LoadedDriver LoadKey() => TestDriver.Load(Key, new AuthorizationManifest { Kind = AuthorizationKind.ApiKey, KeyHeader = "X-Api-Key" }, new Factory());

    public static LoadedDriver LoadLogin(int loginsPerHour = 2) => TestDriver.Load(
        Login,
        new AuthorizationManifest { Kind = AuthorizationKind.ClientCredentials, TokenAddress = new Uri("https://service.example/login"), LoginsPerHour = loginsPerHour, DefaultLifeSeconds = 86400 },
        new Factory(),
        """{"type":"object","required":["restaurant"],"additionalProperties":false,"properties":{"restaurant":{"type":"string","minLength":1}}}""");

    private sealed class Factory : IDriverFactory, ITokenMessages
    {
        public TokenAnswerShape AnswerShape { get; } = new() { AccessToken = "token.accessToken", ExpiresIn = "token.expiresIn", ExpiresInToken = true };

        public IDriver Create(DriverContext context) => new TestDriver(context);

        public TokenMessage? Describe(TokenExchange exchange) => exchange != TokenExchange.ClientCredentials ? null : new TokenMessage
        {
            Body = TokenBody.Json,
            Fields = [new("clientId", TokenValue.ClientId), new("clientSecret", TokenValue.ClientSecret), new("userAccessType", TokenValue.Literal, "TOAST_MACHINE_CLIENT")],
        };

        public TokenFailure ReadFailure(TokenExchange exchange, int statusCode, ReadOnlySpan<byte> body)
            => statusCode == 401 ? TokenFailure.ClientRejected : TokenFailure.Temporary;
    }
}
