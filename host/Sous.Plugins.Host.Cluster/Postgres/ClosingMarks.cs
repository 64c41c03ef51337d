using Npgsql;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Counts the changes of days that were opened to be closed, in the transaction of the change.</summary>
internal static class ClosingMarks
{
    /// <param name="changes">How many of each place and day number; never empty.</param>
    public static void Add(NpgsqlBatch batch, ConnectionId connection, IReadOnlyDictionary<(string Place, int Day), int> changes)
    {
    }
}
