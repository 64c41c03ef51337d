using System.Text.Json;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>An OAuth service on loopback that keeps to RFC 6749 unless a test tells it to be odd. Every secret it makes holds SOUSCANARY.</summary>
internal sealed class ServiceDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string> _codes = new();
    private readonly ConcurrentDictionary<string, bool> _access = new();
    private int _made;
    private int _probes;

    private ServiceDouble()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/token", TokenAsync);
        _app.MapPost("/revoke", RevokeAsync);
        _app.MapPost("/login", LogInAsync);
        _app.MapGet("/api/me", (Delegate)Me);
        _app.MapPost("/api/echo", (Delegate)EchoAsync);
    }

    public Uri Address => new(_app.Urls.First());

    /// <summary>What each token request held, and how many there were.</summary>
    public ConcurrentQueue<IReadOnlyDictionary<string, string>> TokenRequests { get; } = new();

    public ConcurrentQueue<IReadOnlyDictionary<string, string>> RevokeRequests { get; } = new();

    /// <summary>Client logins, as the service counts them.</summary>
    public ConcurrentQueue<JsonElement> Logins { get; } = new();

    /// <summary>Answers a login instead of the usual; null goes on as usual.</summary>
    public Func<HttpContext, Task<bool>>? OddLogin { get; set; }

    /// <summary>The client's token: each login gives the same one until it is taken away.</summary>
    public string? ClientToken { get; set; }

    /// <summary>Keys that are good, sent as X-Api-Key, and whose account each is.</summary>
    public ConcurrentDictionary<string, string> Keys { get; } = new();

    /// <summary>How often an account was asked for.</summary>
    public int Probes => _probes;

    public ConcurrentBag<string> Secrets { get; } = [];

    public string Account { get; set; } = "account-1";

    /// <summary>Life told in answers; null says nothing.</summary>
    public string? ExpiresIn { get; set; } = "3600";

    public bool Rotates { get; set; }

    /// <summary>Scopes told in answers; null says nothing.</summary>
    public string? Scope { get; set; }

    /// <summary>Answers instead of the usual; null goes on as usual.</summary>
    public Func<HttpContext, Task<bool>>? OddTokens { get; set; }

    public Func<HttpContext, Task<bool>>? OddRevoke { get; set; }

    /// <summary>The refresh token that is good now.</summary>
    public string? RefreshToken { get; set; }

    public static async Task<ServiceDouble> StartAsync()
    {
        var service = new ServiceDouble();
        await service._app.StartAsync(TestContext.Current.CancellationToken);
        return service;
    }

    /// <summary>What the owner's consent at the authorize address gives.</summary>
    public string IssueCode(string? challenge)
    {
        var code = Make("code");
        _codes[code] = challenge ?? "";
        return code;
    }

    public void ExpireAccessTokens() => _access.Clear();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    public static async Task<bool> JsonAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
        return true;
    }

    public string IssueAccessToken()
    {
        var token = Make("access");
        _access[token] = true;
        return token;
    }

    private async Task TokenAsync(HttpContext context)
    {
        var form = (await context.Request.ReadFormAsync()).ToDictionary(f => f.Key, f => f.Value.ToString());
        TokenRequests.Enqueue(form);
        if (OddTokens is { } odd && await odd(context))
        {
            return;
        }

        var good = form["grant_type"] == "authorization_code"
            ? _codes.TryRemove(form["code"], out var challenge) && (challenge.Length == 0 || challenge == Challenge(form.GetValueOrDefault("code_verifier") ?? ""))
            : form.GetValueOrDefault("refresh_token") == RefreshToken;
        if (!good)
        {
            await JsonAsync(context, 400, """{"error":"invalid_grant","error_description":"SOUSCANARY-body"}""");
            return;
        }

        var isCode = form["grant_type"] == "authorization_code";
        var fresh = isCode || Rotates ? Make("refresh") : null;
        RefreshToken = fresh ?? RefreshToken;
        var refresh = fresh is null ? "" : $",\"refresh_token\":\"{fresh}\"";
        var expires = ExpiresIn is null ? "" : $",\"expires_in\":{ExpiresIn}";
        var scope = Scope is null ? "" : $",\"scope\":\"{Scope}\"";
        await JsonAsync(context, 200, $$"""{"access_token":"{{IssueAccessToken()}}","token_type":"Bearer","account":{"id":"{{Account}}"}{{refresh}}{{expires}}{{scope}}}""");
    }

    private async Task RevokeAsync(HttpContext context)
    {
        RevokeRequests.Enqueue((await context.Request.ReadFormAsync()).ToDictionary(f => f.Key, f => f.Value.ToString()));
        if (OddRevoke is not { } odd || !await odd(context))
        {
            context.Response.StatusCode = 200;
        }
    }

    /// <summary>As Toast's: JSON in, the token one level down, and the same one until it is about to end.</summary>
    private async Task LogInAsync(HttpContext context)
    {
        var asked = (await context.Request.ReadFromJsonAsync<JsonElement>()).Clone();
        Logins.Enqueue(asked);
        if (OddLogin is { } odd && await odd(context))
        {
            return;
        }

        if (asked.GetProperty("clientSecret").GetString() != AuthorizationApp.ClientSecret)
        {
            await JsonAsync(context, 401, """{"status":401,"message":"SOUSCANARY-body"}""");
            return;
        }

        ClientToken ??= IssueAccessToken();
        await JsonAsync(context, 200, $$"""{"token":{"tokenType":"Bearer","expiresIn":{{ExpiresIn}},"accessToken":"{{ClientToken}}"},"status":"SUCCESS"}""");
    }

    private IResult Me(HttpContext context) => IsKnown(Count(context))
        ? TypedResults.Text($$"""{"id":"{{AccountOf(context)}}","name":"Café <Ünal>"}""", "application/json")
        : TypedResults.StatusCode((int)HttpStatusCode.Unauthorized);

    private string AccountOf(HttpContext context) => Keys.GetValueOrDefault(context.Request.Headers["X-Api-Key"].ToString(), Account);

    private async Task<IResult> EchoAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = await reader.ReadToEndAsync();
        return IsKnown(context) ? TypedResults.Text(text) : TypedResults.StatusCode((int)HttpStatusCode.Unauthorized);
    }

    private HttpContext Count(HttpContext context)
    {
        Interlocked.Increment(ref _probes);
        return context;
    }

    private bool IsKnown(HttpContext context)
        => Keys.ContainsKey(context.Request.Headers["X-Api-Key"].ToString())
            || context.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] && _access.ContainsKey(token);

    private string Make(string kind)
    {
        var secret = string.Create(CultureInfo.InvariantCulture, $"{kind}-SOUSCANARY-{Interlocked.Increment(ref _made)}-{Guid.NewGuid():N}");
        Secrets.Add(secret);
        return secret;
    }

    private static string Challenge(string verifier)
        => System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier)));
}
