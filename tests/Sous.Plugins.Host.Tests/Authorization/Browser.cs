using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>An owner's browser: its own cookies, one step at a time.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true, CookieContainer = new CookieContainer() });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public Task<HttpResponseMessage> GetAsync(Uri address) => _http.GetAsync(address, Token);

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _http.SendAsync(request, Token);

    /// <summary>Opens the link, presses the button, and consents at the service. Returns the callback's address, not yet opened.</summary>
    public async Task<Uri> StartAsync(string link, AuthorizationApp app)
    {
        var authorize = await PressAsync(link);
        var query = QueryHelpers.ParseQuery(authorize.Query);
        var code = app.Service.IssueCode(query.TryGetValue("code_challenge", out var challenge) ? challenge.ToString() : null);
        return new Uri(QueryHelpers.AddQueryString(query["redirect_uri"].ToString(), new Dictionary<string, string?> { ["code"] = code, ["state"] = query["state"] }));
    }

    /// <summary>Opens the link and presses the button. Returns where the service's authorize page is.</summary>
    public async Task<Uri> PressAsync(string link)
    {
        using var page = await _http.GetAsync(link, Token);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        using var pressed = await _http.PostAsync(link, null, Token);
        Assert.Equal(HttpStatusCode.SeeOther, pressed.StatusCode);
        return pressed.Headers.Location!;
    }

    public void Dispose() => _http.Dispose();
}
