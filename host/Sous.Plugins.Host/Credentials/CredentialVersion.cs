using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>The version that a connection's credential must have, kept apart from it: a whole row put back from earlier shows by it.</summary>
internal sealed record CredentialVersion(ConnectionId Connection, long Version)
{
    public static readonly RegistryCollection<CredentialVersion> Collection =
        new("credential_versions", static v => v.Connection.Value, CredentialsJson.Default.CredentialVersion);
}
