namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A state and the cookie that binds it to the browser. Neither is kept: the registry has the state's hash only.</summary>
internal sealed record IssuedState(string State, string CookieName, string CookieValue)
{
    public override string ToString() => "***";
}
