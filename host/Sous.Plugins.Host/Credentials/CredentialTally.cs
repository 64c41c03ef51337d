using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// One number over the versions of all credentials, encrypted, changed by every save in its own write. A credential put back from
/// earlier together with its version does not fit it: only the whole registry can be put back.
/// </summary>
internal sealed record CredentialTally(string Id, string Protected)
{
    public const string Key = "tally";

    public static readonly RegistryCollection<CredentialTally> Collection = new("credential_tally", static tally => tally.Id, CredentialsJson.Default.CredentialTally);
}
