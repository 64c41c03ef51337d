using System.Text.Json;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>A driver of <see cref="ServiceDouble"/>. It tells the account in its token answers, as Square does.</summary>
internal sealed class TestDriver(DriverContext context) : IDriver
{
    public const string Id = "test-service";

    public async ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        using var response = await context.Http.GetAsync("api/me", cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new DriverException(FailureKind.Unauthorized, "The service refused the token.");
        }

        Assert.Null(response.RequestMessage!.Headers.Authorization);
        using var me = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        return new ProbeResult { AccountId = me.RootElement.GetProperty("id").GetString(), AccountName = me.RootElement.GetProperty("name").GetString() };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <param name="tellsAccount">Whether token answers tell the account, or only a probe does.</param>
    public static LoadedDriver Load(string id, Func<AuthorizationManifest, AuthorizationManifest>? change = null, bool tellsAccount = true)
    {
        var authorization = new AuthorizationManifest
        {
            Kind = AuthorizationKind.OauthCode,
            AuthorizeAddress = new Uri("https://service.example/authorize"),
            TokenAddress = new Uri("https://service.example/token"),
            RevokeAddress = new Uri("https://service.example/revoke"),
            Scopes = ["READ_SALES", "READ_MENU"],
            Parameters = new Dictionary<string, string> { ["prompt"] = "consent", ["state"] = "never" },
            Pkce = Pkce.S256,
            RefreshToken = RefreshTokenUse.Reusable,
        };
        return Load(id, change is null ? authorization : change(authorization), new Factory(tellsAccount));
    }

    /// <summary>A driver of a service whose authorization is of that kind.</summary>
    public static LoadedDriver Load(string id, AuthorizationManifest authorization, IDriverFactory factory, string? settings = null)
    {
        var manifest = new DriverManifest
        {
            Id = id,
            Name = "Test <Service>",
            Version = "1.0.0",
            Assembly = "Test.dll",
            Contract = "1.0",
            ApiAddress = new Uri("https://service.example/"),
            Authorization = authorization,
            Settings = settings is null ? null : JsonElement.Parse(settings),
            Streams = [new StreamManifest { Name = "sales", Scope = StreamScope.Connection, Schedule = "0 * * * *" }],
        };
        return new LoadedDriver(manifest, factory, 1, "", new HashSet<DriverCapability>());
    }

    /// <summary>Of a service that keeps to RFC 6749: the host needs no word of the driver's.</summary>
    internal sealed class Plain : IDriverFactory
    {
        public IDriver Create(DriverContext context) => new TestDriver(context);
    }

    private sealed class Factory(bool tellsAccount) : IDriverFactory, ITokenMessages
    {
        public TokenAnswerShape AnswerShape { get; } = new() { AccountId = tellsAccount ? "account.id" : null };

        public IDriver Create(DriverContext context) => new TestDriver(context);

        public TokenMessage? Describe(TokenExchange exchange) => exchange switch
        {
            TokenExchange.Code => Message("authorization_code", new("code", TokenValue.Code), new("redirect_uri", TokenValue.RedirectUri), new("code_verifier", TokenValue.CodeVerifier)),
            TokenExchange.Refresh => Message("refresh_token", new TokenField("refresh_token", TokenValue.RefreshToken)),
            _ => Message("revoke", new TokenField("token", TokenValue.RefreshToken)),
        };

        public TokenFailure ReadFailure(TokenExchange exchange, int statusCode, ReadOnlySpan<byte> body)
            => body.IndexOf("invalid_grant"u8) >= 0 ? TokenFailure.GrantGone
                : body.IndexOf("invalid_client"u8) >= 0 ? TokenFailure.ClientRejected
                : TokenFailure.Temporary;

        private static TokenMessage Message(string grant, params TokenField[] fields) => new()
        {
            Body = TokenBody.Form,
            Fields = [new("grant_type", TokenValue.Literal, grant), .. fields, new("client_id", TokenValue.ClientId), new("client_secret", TokenValue.ClientSecret)],
        };
    }
}
