using System.Net;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>A browser without a screen: it keeps its cookie, says where its forms stand, and follows no redirect.</summary>
internal sealed class DashboardBrowser : IDisposable
{
    private readonly HttpClient _client;
    private readonly CookieContainer _cookies = new();

    public DashboardBrowser(RunningWorker host)
        => _client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = _cookies }) { BaseAddress = host.Address };

    /// <summary>What the session's cookie holds; empty while nobody is signed in.</summary>
    public string Cookie => _cookies.GetAllCookies()["dashboard"]?.Value ?? "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<DashboardBrowser> SignInAsync(RunningWorker host, string key)
    {
        var browser = new DashboardBrowser(host);
        using var answer = await browser.SubmitAsync("/dashboard/sign-in", ("key", key));
        Assert.Equal((HttpStatusCode.SeeOther, "/"), (answer.StatusCode, answer.Headers.Location?.OriginalString));
        return browser;
    }

    public Task<HttpResponseMessage> OpenAsync(string path) => _client.GetAsync(path, Token);

    /// <summary>As a page's script asks by itself.</summary>
    public async Task<HttpResponseMessage> FetchAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Dest", "empty");
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    /// <summary>The page, which must be there.</summary>
    public async Task<string> ReadAsync(string path)
    {
        using var answer = await OpenAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Token);
    }

    public Task<HttpResponseMessage> SubmitAsync(string path, params (string Name, string Value)[] fields) => SubmitFromAsync("same-origin", null, path, fields);

    /// <summary>A form on a page at another place, or that an old browser sends, which tells the origin only.</summary>
    public async Task<HttpResponseMessage> SubmitFromAsync(string? site, string? origin, string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new FormUrlEncodedContent(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value)));
        foreach (var (name, value) in new[] { ("Sec-Fetch-Site", site), ("Origin", origin) })
        {
            if (value is not null)
            {
                request.Headers.Add(name, value);
            }
        }

        return await _client.SendAsync(request, Token);
    }

    public void Dispose() => _client.Dispose();
}
