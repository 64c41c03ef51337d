namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The cookie that binds an authorization request to the browser it left from; one for each request, so that several may be open.</summary>
internal sealed class SessionCookie(PublicAddress address)
{
    public void Set(HttpResponse response, IssuedState state)
        => response.Cookies.Append(FullName(state.CookieName), state.CookieValue, Options(AuthorizationRequest.Life));

    public string? Read(HttpRequest request, string name) => request.Cookies[FullName(name)];

    public void Delete(HttpResponse response, string name) => response.Cookies.Append(FullName(name), "", Options(TimeSpan.Zero));

    // Browsers take the __Host- prefix over https only; plain http is for loopback.
    private string FullName(string name) => address.IsHttps ? "__Host-" + name : name;

    private CookieOptions Options(TimeSpan life) => new()
    {
        HttpOnly = true,
        Secure = address.IsHttps,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        MaxAge = life,
    };
}
