using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Dashboard.SignIn;

/// <summary>Browsers that are signed in, known by a cookie. In memory alone: a restart signs everybody out. Safe for many threads.</summary>
internal sealed class DashboardSessions(KeyStore keys, PublicAddress address, TimeProvider clock)
{
    /// <summary>The oldest makes room for one more.</summary>
    public const int Most = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DashboardSession> _sessions = new(StringComparer.Ordinal);

    // Browsers take the __Host- prefix over https only; plain http is for loopback.
    private string CookieName => address.IsHttps ? "__Host-dashboard" : "dashboard";

    /// <returns>Whose key it is, or null for one that opens nothing; then no session begins.</returns>
    public async ValueTask<Caller?> SignInAsync(HttpResponse response, string key, CancellationToken cancellationToken)
    {
        if (!KeyText.TryReadId(key, out var id) || await keys.AuthenticateAsync(key, cancellationToken) is not { } caller)
        {
            return null;
        }

        var secret = RandomText.Secret();
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            foreach (var (hash, _) in _sessions.Where(session => session.Value.IsOver(now)).ToList())
            {
                _sessions.Remove(hash);
            }

            if (_sessions.Count == Most)
            {
                _sessions.Remove(_sessions.MinBy(static session => session.Value.Seen).Key);
            }

            _sessions.Add(RandomText.Hash(secret), new DashboardSession(id, now, now));
        }

        response.Cookies.Append(CookieName, secret, Options());
        return caller;
    }

    /// <summary>Who is signed in, as far as the key reaches now; null where nobody is, the session has ended or the key is revoked.</summary>
    public async ValueTask<Caller?> FindAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.Cookies[CookieName] is not { Length: > 0 and < 100 } secret)
        {
            return null;
        }

        var hash = RandomText.Hash(secret);
        var now = clock.GetUtcNow();
        string key;
        lock (_gate)
        {
            if (!_sessions.TryGetValue(hash, out var session) || session.IsOver(now))
            {
                return null;
            }

            _sessions[hash] = session with { Seen = IsScript(request) ? session.Seen : now };
            key = session.KeyId;
        }

        return await keys.FindAsync(key, cancellationToken);
    }

    public void SignOut(HttpContext context)
    {
        if (context.Request.Cookies[CookieName] is { } secret)
        {
            lock (_gate)
            {
                _sessions.Remove(RandomText.Hash(secret));
            }
        }

        context.Response.Cookies.Delete(CookieName, Options());
    }

    // What a page's script asks for by itself is no sign that somebody still sits there.
    private static bool IsScript(HttpRequest request) => request.Headers["Sec-Fetch-Dest"] == "empty";

    private CookieOptions Options() => new() { HttpOnly = true, Secure = address.IsHttps, SameSite = SameSiteMode.Strict, Path = "/" };
}
