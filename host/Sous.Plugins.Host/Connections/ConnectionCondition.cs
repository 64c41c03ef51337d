namespace Sous.Plugins.Host.Connections;

/// <summary>A connection as it is shown, with all that is known of its condition: the one place that says it.</summary>
internal delegate ValueTask<ConnectionView> ConnectionCondition(Connection connection, CancellationToken cancellationToken);
