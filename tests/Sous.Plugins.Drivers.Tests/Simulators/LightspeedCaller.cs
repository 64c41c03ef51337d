using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>Calls a K-Series as a plain client does, and plays the owner's browser on its OAuth page.</summary>
internal sealed partial class LightspeedCaller : IDisposable
{
    public const string Redirect = "http://localhost:5080/oauth/callback/lightspeed";

    private readonly HttpClient _http;

    public LightspeedCaller(LightspeedSimulator lightspeed, params string[] scopes)
        : this(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = lightspeed.Address }, lightspeed.IssueAccessToken(scopes))
    {
    }

    public LightspeedCaller(HttpClient http, string? token)
    {
        _http = http;
        Authorize(token);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Authorize(string? token) => _http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

    public Task<LightspeedReply> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    /// <summary>All documents of a range, page by page until no token comes.</summary>
    public async Task<List<JsonElement>> SalesAsync(string location, DateTimeOffset from, DateTimeOffset to, string more = "&include=payments", int pageSize = 100)
    {
        var sales = new List<JsonElement>();
        for (var token = ""; ;)
        {
            var reply = await GetAsync($"/f/v2/business-location/{location}/sales?from={Time(from)}&to={Time(to)}&pageSize={pageSize}{more}{(token.Length == 0 ? "" : $"&nextPageToken={token}")}");
            Assert.True(reply.Status == 200, reply.Text);
            sales.AddRange(reply.Json.GetProperty("sales").EnumerateArray());
            if (!reply.Json.TryGetProperty("nextPageToken", out var next))
            {
                return sales;
            }

            token = next.GetString()!;
        }
    }

    public Task<LightspeedReply> OpenPageAsync(LightspeedSimulator lightspeed, string scope = "financial-api items", params (string Name, string Value)[] more)
    {
        var query = new Dictionary<string, string?>
        {
            ["response_type"] = "code", ["client_id"] = lightspeed.Options.ClientId, ["scope"] = scope, ["state"] = "the state & more", ["redirect_uri"] = Redirect,
        };
        foreach (var (name, value) in more)
        {
            query[name] = value;
        }

        return GetAsync(QueryHelpers.AddQueryString("/oauth/authorize", query));
    }

    /// <summary>Presses a button of the page; the answer is the redirect's query.</summary>
    public async Task<Dictionary<string, string>> DecideAsync(LightspeedReply page, string decision = "allow")
    {
        var reply = await FormAsync("/oauth/authorize", null, ("request", RequestField().Match(page.Text).Groups[1].Value), ("decision", decision));
        Assert.Equal(302, reply.Status);
        return QueryHelpers.ParseQuery(reply.Location!.Query).ToDictionary(q => q.Key, q => q.Value.ToString());
    }

    public async Task<string> CodeAsync(LightspeedSimulator lightspeed) => (await DecideAsync(await OpenPageAsync(lightspeed)))["code"];

    public Task<LightspeedReply> RedeemAsync(LightspeedSimulator lightspeed, string code, string redirect = Redirect, string? secret = null) => FormAsync("/oauth/token",
        Basic(lightspeed.Options.ClientId, secret ?? lightspeed.ClientSecret), ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect));

    public Task<LightspeedReply> RefreshAsync(LightspeedSimulator lightspeed, string refreshToken) => FormAsync("/oauth/token",
        Basic(lightspeed.Options.ClientId, lightspeed.ClientSecret), ("grant_type", "refresh_token"), ("refresh_token", refreshToken));

    public async Task<LightspeedReply> FormAsync(string path, AuthenticationHeaderValue? authorization, params (string Name, string Value)[] fields) => await SendAsync(new HttpRequestMessage(HttpMethod.Post, path)
    {
        Headers = { Authorization = authorization },
        Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))),
    });

    public void Dispose() => _http.Dispose();

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static AuthenticationHeaderValue Basic(string id, string secret) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}")));

    private async Task<LightspeedReply> SendAsync(HttpRequestMessage request)
    {
        using var sent = request;
        using var response = await _http.SendAsync(sent, Token);
        return new LightspeedReply((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token), response.Headers.Location);
    }

    [GeneratedRegex("name=\"request\" value=\"([^\"]+)\"")]
    private static partial Regex RequestField();
}

/// <summary>What came back.</summary>
internal sealed record LightspeedReply(int Status, string Text, Uri? Location)
{
    public JsonElement Json => JsonElement.Parse(Text);

    public string? Member(string name) => Json.TryGetProperty(name, out var member) ? member.ToString() : null;
}
