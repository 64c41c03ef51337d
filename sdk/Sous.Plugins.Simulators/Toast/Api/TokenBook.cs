using System.Buffers.Text;
using System.Text;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>The client's token by Toast's rules: the same one until its last minute, and few logins an hour. Safe to use from several threads.</summary>
internal sealed class TokenBook(ToastSimulatorOptions options, SecretsLedger secrets, TimeProvider clock)
{
    private static readonly TimeSpan LastMinute = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<DateTimeOffset> _logins = [];
    private readonly Dictionary<string, DateTimeOffset> _tokens = [];
    private string? _newest;

    public string ClientSecret { get; } = options.ClientSecret is { } given ? secrets.Remember(given) : secrets.Make("toast-secret-");

    public string WebhookSecret { get; } = options.WebhookSecret is { } key ? secrets.Remember(key) : secrets.Make("toast-webhook-");

    /// <summary>Logs in: every try counts.</summary>
    public (string Token, int ExpiresIn) LogIn(string? clientId, string? clientSecret, string? accessType)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            _logins.RemoveAll(at => now - at >= TimeSpan.FromHours(1));
            _logins.Add(now);
            if (_logins.Count > options.LoginsPerHour)
            {
                throw ToastFault.Of(StatusCodes.Status429TooManyRequests);
            }

            return clientId != options.ClientId || clientSecret != ClientSecret || accessType != "TOAST_MACHINE_CLIENT"
                ? throw new ToastFault(401, 10010, "Unauthorized: the credentials are not valid.")
                : Current(now);
        }
    }

    /// <summary>A token without a login, for tests of what stands behind it.</summary>
    public string Issue()
    {
        lock (_gate)
        {
            return Current(clock.GetUtcNow()).Token;
        }
    }

    public void Check(string? authorization)
    {
        lock (_gate)
        {
            if (authorization?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) != true
                || !_tokens.TryGetValue(authorization[7..].Trim(), out var expires)
                || expires <= clock.GetUtcNow())
            {
                throw ToastFault.Of(StatusCodes.Status401Unauthorized);
            }
        }
    }

    public void Expire()
    {
        lock (_gate)
        {
            _tokens.Clear();
            _newest = null;
        }
    }

    private (string Token, int ExpiresIn) Current(DateTimeOffset now)
    {
        if (_newest is null || _tokens[_newest] - now <= LastMinute)
        {
            var expires = DateTimeOffset.FromUnixTimeSeconds((now + options.TokenLife).ToUnixTimeSeconds());
            var claims = $"{{\"scope\":\"orders:read menus:read restaurants:read\",\"exp\":{expires.ToUnixTimeSeconds()}}}";
            _newest = secrets.Remember($"{Encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}")}.{Encode(claims)}.{secrets.Make("sig")}");
            _tokens[_newest] = expires;
        }

        return (_newest, (int)(_tokens[_newest] - now).TotalSeconds);
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
