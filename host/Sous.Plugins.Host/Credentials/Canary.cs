using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>A known text under the ring. When it does not decrypt, nothing else will.</summary>
internal sealed record Canary(string Id, string Protected)
{
    public const string Text = "Sous.Vault.v1 is open";

    public const string Key = "canary";

    public static readonly RegistryCollection<Canary> Collection = new("vault", c => c.Id, CredentialsJson.Default.Canary);
}
