using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>What a token endpoint granted.</summary>
/// <param name="RefreshToken">Null where the answer brought none: the stored one stays.</param>
/// <param name="Scopes">Null where the answer said nothing: as asked.</param>
/// <param name="AccountId">The service's own id of the account, where the answer tells it.</param>
internal sealed record TokenSet(Secret AccessToken, Secret? RefreshToken, DateTimeOffset ExpiresAt, IReadOnlyList<string>? Scopes, string? AccountId);
