using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization;

/// <summary>A random key of the host's own that outlives a restart.</summary>
/// <param name="Protected">256 random bits, encrypted under the key ring.</param>
internal sealed record HostSecret(string Name, string Protected)
{
    /// <summary>Stands before the name in what it is protected for.</summary>
    public const string Purpose = "Sous.HostSecret.v1";

    public static readonly RegistryCollection<HostSecret> Collection =
        new("host_secrets", static secret => secret.Name, AuthorizationJson.Default.HostSecret);
}
