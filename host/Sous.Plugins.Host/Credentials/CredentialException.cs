namespace Sous.Plugins.Host.Credentials;

/// <summary>A stored secret that cannot be trusted: altered, moved from elsewhere, put back from earlier, or its tenant's key is gone.</summary>
/// <param name="message">One plain sentence; free of secrets.</param>
internal sealed class CredentialException(string message, Exception? inner = null) : Exception(message, inner);
