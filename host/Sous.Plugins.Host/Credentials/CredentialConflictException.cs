using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Somebody else saved the credential first. Read it again; what was read before is out of date.</summary>
internal sealed class CredentialConflictException(ConnectionId connection, long expected, long actual)
    : Exception($"The credential of connection {connection} is at version {actual}, not {expected}.")
{
    /// <summary>The version that is stored now; 0 for none.</summary>
    public long Actual { get; } = actual;
}
