namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The session was ended, or its connection deleted, while its grant was about to be stored: takes that write back.</summary>
internal sealed class SessionEndedException : Exception;
