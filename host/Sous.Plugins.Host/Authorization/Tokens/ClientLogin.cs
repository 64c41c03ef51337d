using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>What a client registration's last logins came to. Kept encrypted: the token is in it.</summary>
/// <param name="Asked">When it logged in during the last hour, whatever came of it: a service counts those too.</param>
/// <param name="Token">The newest token, or null where there has been none.</param>
internal sealed record ClientLogin(IReadOnlyList<DateTimeOffset> Asked, string? Token = null, DateTimeOffset ObtainedAt = default, DateTimeOffset ExpiresAt = default)
{
    public static readonly ClientLogin None = new([]);

    private static readonly TimeSpan s_spare = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    public bool IsGoodAt(DateTimeOffset now) => Token is not null && now < ExpiresAt;

    /// <summary>Whether asking for another is of no use: services give the same token again until it is about to end, so in its last moments one try is enough.</summary>
    public bool IsBestAt(DateTimeOffset now)
        => IsGoodAt(now) && (now < ExpiresAt - s_spare || Asked.Any(at => at >= ExpiresAt - s_spare));

    /// <summary>How long until it may log in again; zero for now.</summary>
    public TimeSpan WaitAt(DateTimeOffset now, AuthorizationManifest manifest)
    {
        var recent = Asked.Where(at => now - at < s_hour).Order().ToList();
        return recent.Count < manifest.LoginsPerHour ? TimeSpan.Zero : recent[^manifest.LoginsPerHour] + s_hour - now;
    }

    public ClientLogin AskedAt(DateTimeOffset now) => this with { Asked = [.. Asked.Where(at => now - at < s_hour), now] };

    public override string ToString() => $"client login, token until {ExpiresAt:O}";
}
