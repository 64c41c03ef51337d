using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Credentials;

/// <summary>A credential's secrets in the clear. Kept as short as can be; prints stars.</summary>
internal sealed record CredentialSecrets
{
    public Secret? AccessToken { get; init; }

    public Secret? RefreshToken { get; init; }

    public Secret? ApiKey { get; init; }

    /// <summary>The fields of a client-credentials login, by the manifest's names.</summary>
    public IReadOnlyDictionary<string, Secret> Fields { get; init; } = new Dictionary<string, Secret>();
}
