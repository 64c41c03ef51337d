using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs;

/// <summary>The callback of the real host, as the internet sees it, with an authorization server behind it that nobody here wrote.</summary>
public sealed class CallbackProof : IAsyncLifetime
{
    private const int Forged = 2_000;

    private RotatingFolder _folder = null!;
    private HostProcess _host = null!;
    private HostClient _platform = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _folder = await RotatingFolder.MakeAsync(Token);
        _host = await _folder.StartAsync(Token, ("ConnectLimits:CallbacksPerMinute", "100000"), ("ConnectLimits:PagesPerMinute", "100000"));
        _platform = _host.Client();
        await _platform.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "t1" }, Token);
    }

    public async ValueTask DisposeAsync()
    {
        _platform?.Dispose();
        await _host.DisposeAsync();
        await _folder.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_a_request_says_of_its_host_the_redirect_address_is_the_configured_one()
    {
        var link = await LinkAsync();
        using var browser = Browser();
        using var pressed = await browser.SendAsync(Forge(new HttpRequestMessage(HttpMethod.Post, link)), Token);
        Assert.Equal(_folder.Callback.AbsoluteUri, QueryHelpers.ParseQuery(pressed.Headers.Location!.Query)["redirect_uri"]);

        using var owner = new OwnerBrowser();
        var landed = await owner.ConsentAsync(link, RotatingFolder.Back, Token);

        Assert.Equal(RotatingFolder.Back.GetLeftPart(UriPartial.Path), landed.GetLeftPart(UriPartial.Path));
        Assert.Equal(["completion", "session"], QueryHelpers.ParseQuery(landed.Query).Keys.Order());
        Assert.Equal(_folder.Address.Authority, link.Authority);
    }

    [Fact]
    public async Task Of_fifty_identical_callbacks_one_counts_and_it_makes_one_token_request()
    {
        using var browser = Browser();
        var session = await SessionAsync();
        var callback = await ConsentAsync(browser, new Uri((string)session["url"]!));
        using var stranger = Browser();
        using var other = await stranger.GetAsync(callback, Token);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => AnswerAsync(browser, callback)));
        using var late = await browser.GetAsync(callback, Token);
        var forged = await AnswerAsync(browser, new Uri(_folder.Callback, $"?code=c&state={Part()}.{Part()}"));

        Assert.Equal((1, 49), (answers.Count(static a => a.Status == HttpStatusCode.SeeOther), answers.Count(static a => a.Status == HttpStatusCode.BadRequest)));
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (other.StatusCode, late.StatusCode));
        Assert.Single(answers.Where(static a => a.Status == HttpStatusCode.BadRequest).Append(forged).Append(await ReadAsync(other)).Append(await ReadAsync(late)).Distinct());
        Assert.Empty(_folder.Service.Tokens.Calls);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CompleteAsync((string)session["id"]!)));
        Assert.Single(_folder.Service.Tokens.Calls);
        Assert.Single((await _platform.GetAsync("api/v1/tenants/t1/connections", Token))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_flood_of_forged_states_writes_nothing_and_asks_nobody()
    {
        using var browser = Browser();
        _ = await AnswerAsync(browser, new Uri(_folder.Callback, $"?code=c&state={Part()}.{Part()}"));
        var before = ReadState();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var seen = new HashSet<(HttpStatusCode, string)>();
            for (var i = 0; i < Forged / 8; i++)
            {
                seen.Add(await AnswerAsync(browser, new Uri(_folder.Callback, $"?code=c&state={Part()}.{Part()}")));
            }

            return seen;
        }));

        Assert.Equal(HttpStatusCode.BadRequest, Assert.Single(answers.SelectMany(static seen => seen).Distinct()).Item1);
        Assert.Equal(before, ReadState());
        Assert.Empty(_folder.Service.Tokens.Calls);
    }

    [Fact]
    public async Task Every_flow_has_a_state_and_a_challenge_of_its_own()
    {
        using var browser = Browser();
        var link = await LinkAsync();

        var queries = await Task.WhenAll(Enumerable.Range(0, 400).Select(async _ =>
        {
            using var pressed = await browser.PostAsync(link, null, Token);
            return QueryHelpers.ParseQuery(pressed.Headers.Location!.Query);
        }));

        Assert.Equal(400, queries.Select(static query => query["state"].ToString()).Distinct().Count());
        Assert.Equal(400, queries.Select(static query => query["code_challenge"].ToString()).Distinct().Count());
        Assert.All(queries, static query => Assert.Equal(("code", "S256"), (query["response_type"].ToString(), query["code_challenge_method"].ToString())));
    }

    [Theory]
    [InlineData("GET", "connect/nonsense")]
    [InlineData("GET", "connect/end/nonsense")]
    [InlineData("PUT", "connect/nonsense")]
    [InlineData("POST", "oauth/callback/rotating")]
    [InlineData("GET", "oauth/callback/rotating?state=x")]
    [InlineData("GET", "oauth/callback/absent?state=x")]
    [InlineData("HEAD", "oauth/callback/rotating")]
    [InlineData("GET", "oauth")]
    public async Task Every_answer_to_a_browser_is_kept_by_nobody_framed_by_nobody_and_tells_no_referrer(string method, string path)
    {
        using var browser = Browser();
        using var answer = await browser.SendAsync(new HttpRequestMessage(new HttpMethod(method), new Uri(_folder.Address, path)), Token);

        Assert.True((int)answer.StatusCode is >= 200 and < 500 and not 401, $"{answer.StatusCode}");
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.Equal("no-referrer", Header(answer, "Referrer-Policy"));
        Assert.Equal("DENY", Header(answer, "X-Frame-Options"));
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Contains("frame-ancestors 'none'", Header(answer, "Content-Security-Policy"), StringComparison.Ordinal);
    }

    private static HttpClient Browser() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true, UseProxy = false });

    private static HttpRequestMessage Forge(HttpRequestMessage request)
    {
        request.Headers.Host = "evil.example";
        foreach (var name in (string[])["X-Forwarded-Host", "X-Original-Host", "X-Host"])
        {
            request.Headers.TryAddWithoutValidation(name, "evil.example");
        }

        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "gopher");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Prefix", "/evil");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "10.0.0.1");
        request.Headers.TryAddWithoutValidation("Forwarded", "host=evil.example;proto=https");
        return request;
    }

    private static string Part() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";

    private static async Task<(HttpStatusCode Status, string Text)> AnswerAsync(HttpClient browser, Uri address)
    {
        using var answer = await browser.GetAsync(address, Token);
        return await ReadAsync(answer);
    }

    /// <summary>All of an answer that could tell one refusal from another.</summary>
    private static async Task<(HttpStatusCode Status, string Text)> ReadAsync(HttpResponseMessage answer)
    {
        var headers = answer.Headers.Concat(answer.Content.Headers).Where(static header => header.Key != "Date").OrderBy(static header => header.Key, StringComparer.Ordinal);
        return (answer.StatusCode, string.Join('\n', headers.Select(static header => $"{header.Key}: {string.Join(',', header.Value)}")) + await answer.Content.ReadAsStringAsync(Token));
    }

    /// <summary>Presses both buttons; returns the callback's address, not yet opened.</summary>
    private static async Task<Uri> ConsentAsync(HttpClient browser, Uri link)
    {
        using var pressed = await browser.PostAsync(link, null, Token);
        var fields = QueryHelpers.ParseQuery(pressed.Headers.Location!.Query).Select(static pair => KeyValuePair.Create(pair.Key, pair.Value.ToString()));
        using var allowed = await browser.PostAsync(pressed.Headers.Location.GetLeftPart(UriPartial.Path), new FormUrlEncodedContent(fields), Token);
        return allowed.Headers.Location!;
    }

    private async Task<JsonNode> SessionAsync() => await _platform.PostAsync(
        "api/v1/tenants/t1/connect-sessions", new JsonObject { ["driver"] = RotatingFolder.Driver, ["initiator"] = "user-1", ["returnTo"] = "home" }, Token);

    private async Task<Uri> LinkAsync() => new((string)(await SessionAsync())["url"]!);

    private async Task CompleteAsync(string session)
    {
        try
        {
            await _platform.PostAsync($"api/v1/tenants/t1/connect-sessions/{session}/complete", new JsonObject { ["initiator"] = "user-1" }, Token);
        }
        catch (HostRefusedException)
        {
            // Another of them is at it.
        }
    }

    /// <summary>Hash over every file of the data folder.</summary>
    private string ReadState()
    {
        var text = new StringBuilder();
        foreach (var path in Directory.EnumerateFiles(_folder.Data).Where(static path => Path.GetFileName(path) != "lock").Order(StringComparer.Ordinal))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            text.Append(path).Append(Convert.ToHexString(SHA256.HashData(file)));
        }

        return text.ToString();
    }
}
