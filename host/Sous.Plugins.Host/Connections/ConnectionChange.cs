namespace Sous.Plugins.Host.Connections;

/// <summary>A connection as it was, and as it was stored in the place of that.</summary>
internal sealed record ConnectionChange(Connection Before, Connection After);
