using Sous.Plugins.Host.Authorization.Tokens;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>What an owner granted, held against what was asked for.</summary>
/// <param name="Granted">Never more than was asked for, unless nothing was.</param>
/// <param name="IsWider">The service says that it granted more: a grant that nobody here may hold.</param>
internal sealed record GrantedScopes(IReadOnlyList<string> Granted, bool IsWider)
{
    // Asks for a refresh token and for no access: services that gave one often leave it out of their answer.
    private const string RefreshTokenScope = "offline_access";

    public static GrantedScopes Of(IReadOnlyList<string> asked, TokenSet tokens)
    {
        if (tokens.Scopes is not { } told)
        {
            return new GrantedScopes(asked, IsWider: false);
        }

        return asked.Count == 0
            ? new GrantedScopes(told, IsWider: false)
            : new GrantedScopes(
                [.. asked.Where(scope => told.Contains(scope) || (scope == RefreshTokenScope && tokens.RefreshToken is not null))],
                IsWider: told.Except(asked).Any());
    }

    public static IReadOnlyList<string> Missing(IReadOnlyList<string> asked, IReadOnlyList<string> granted) => [.. asked.Except(granted)];
}
