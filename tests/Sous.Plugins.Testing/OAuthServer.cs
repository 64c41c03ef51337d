using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Validation.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Sous.Plugins.Testing;

/// <summary>
/// A service with an authorization server that nobody here wrote (OpenIddict): consent, code, PKCE, refresh tokens that rotate,
/// a family that dies when one is used twice, revocation; and an API that looks each access token up.
/// </summary>
internal sealed class OAuthServer : IAsyncDisposable
{
    public const string ClientId = "client-1";
    public const string ClientSecret = "client-SOUSCANARY-secret";

    /// <summary>Of the catalogue, an item each.</summary>
    public const int Pages = 20;

    // Made once: a pair of its own for each server took a fifth of its tests' time.
    private static readonly RsaSecurityKey s_signingKey = new(RSA.Create(2048));
    private static readonly SymmetricSecurityKey s_encryptionKey = new(RandomNumberGenerator.GetBytes(32));

    private readonly string _folder = Directory.CreateTempSubdirectory("sous-oauth-").FullName;
    private readonly WebApplication _app;
    private int _refused;

    private OAuthServer(OAuthServerOptions options)
    {
        Tokens = new TokenLog(options.Clock);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        AddServices(builder.Services, options);
        _app = builder.Build();
        _app.Use(Tokens.RecordAsync);
        _app.Use(CountRefusedAsync);
        _app.UseRouting();
        _app.UseAuthentication();
        _app.UseAuthorization();
        ConsentPage.Map(_app, () => Account);
        var api = _app.MapGroup("/api").RequireAuthorization(static policy => policy
            .AddAuthenticationSchemes(OpenIddictValidationAspNetCoreDefaults.AuthenticationScheme).RequireAuthenticatedUser());
        api.MapGet("me", context => AnswerAsync(context, new { id = context.User.FindFirst(Claims.Subject)?.Value, name = AccountName }));
        api.MapGet("items", context => AnswerAsync(context, ItemsOf(context)));
    }

    public Uri Address => new(_app.Urls.First());

    /// <summary>Who is signed in at the service's consent page.</summary>
    public string Account { get; set; } = "account-1";

    /// <summary>What the API calls whoever asks.</summary>
    public string AccountName { get; set; } = "Bistro";

    public TokenLog Tokens { get; }

    /// <summary>How many API calls came with a token that is good no more.</summary>
    public int Refused => _refused;

    /// <summary>Answers an API call with a good token instead of the usual; null goes on as usual.</summary>
    public Func<HttpContext, Task<bool>>? OddApi { get; set; }

    public static async Task<OAuthServer> StartAsync(OAuthServerOptions options, CancellationToken cancellationToken)
    {
        var server = new OAuthServer(options);
        await using (var scope = server._app.Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<GrantDatabase>().Database.EnsureCreatedAsync(cancellationToken);
            await RegisterAsync(scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>(), options, cancellationToken);
        }

        await server._app.StartAsync(cancellationToken);
        return server;
    }

    /// <summary>Takes back all that an account granted, as its owner can in the service's own pages.</summary>
    public async Task WithdrawAsync(string account, CancellationToken cancellationToken)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IOpenIddictAuthorizationManager>().RevokeBySubjectAsync(account, cancellationToken);
        await scope.ServiceProvider.GetRequiredService<IOpenIddictTokenManager>().RevokeBySubjectAsync(account, cancellationToken);
    }

    /// <summary>Ends the access tokens that are out, as a service may do without a word. Grants stay.</summary>
    public async Task EndAccessTokensAsync(CancellationToken cancellationToken)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<GrantDatabase>();
        await database.Database.ExecuteSqlAsync($"UPDATE OpenIddictTokens SET Status = 'revoked' WHERE Type LIKE '%access_token'", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private void AddServices(IServiceCollection services, OAuthServerOptions options)
    {
        services.AddSingleton(options.Clock).AddAuthorization().AddAuthentication();
        services.AddDbContext<GrantDatabase>(database => database
            .UseSqlite($"Data Source={Path.Combine(_folder, "grants.db")}")
            .UseOpenIddict());
        services.AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<GrantDatabase>())
            .AddServer(server =>
            {
                server.SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token").SetRevocationEndpointUris("revoke");
                server.AllowAuthorizationCodeFlow().AllowRefreshTokenFlow().RequireProofKeyForCodeExchange();
                server.SetAccessTokenLifetime(options.AccessTokenLife).SetRefreshTokenReuseLeeway(options.ReuseLeeway);
                server.UseReferenceAccessTokens().UseReferenceRefreshTokens();
                server.AddEncryptionKey(s_encryptionKey).AddSigningKey(s_signingKey);
                server.RegisterScopes(Scopes.OfflineAccess, "sales");
                server.AddEventHandler<ProcessSignInContext>(handler => handler.SetOrder(int.MinValue).UseInlineHandler(TokenLog.NoteAccount));
                server.UseAspNetCore().EnableAuthorizationEndpointPassthrough().DisableTransportSecurityRequirement();
            })
            .AddValidation(validation =>
            {
                validation.UseLocalServer();
                validation.UseAspNetCore();
                validation.EnableTokenEntryValidation();
            });
    }

    private static async Task RegisterAsync(IOpenIddictApplicationManager applications, OAuthServerOptions options, CancellationToken cancellationToken)
    {
        var client = new OpenIddictApplicationDescriptor
        {
            ClientId = ClientId,
            ClientSecret = ClientSecret,
            ClientType = ClientTypes.Confidential,
            Permissions =
            {
                Permissions.Endpoints.Authorization, Permissions.Endpoints.Token, Permissions.Endpoints.Revocation,
                Permissions.GrantTypes.AuthorizationCode, Permissions.GrantTypes.RefreshToken, Permissions.ResponseTypes.Code,
                Permissions.Prefixes.Scope + "sales",
            },
        };
        client.RedirectUris.UnionWith(options.RedirectAddresses);
        await applications.CreateAsync(client, cancellationToken);
    }

    private static object ItemsOf(HttpContext context)
    {
        var page = int.Parse(context.Request.Query["page"].ToString(), CultureInfo.InvariantCulture);
        return new { items = (string[])[$"item-{page}"], next = page < Pages ? page + 1 : 0 };
    }

    private async Task CountRefusedAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Response.StatusCode == StatusCodes.Status401Unauthorized && context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _refused);
        }
    }

    private async Task AnswerAsync(HttpContext context, object answer)
    {
        if (OddApi is not { } odd || !await odd(context))
        {
            await context.Response.WriteAsJsonAsync(answer);
        }
    }
}
