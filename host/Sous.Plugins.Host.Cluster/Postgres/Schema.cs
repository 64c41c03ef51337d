namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// The tables, in a schema of their own, so that they may stand beside those of something else. Each room's are a constant in that room's class.
/// A text key has the collation "C": it is compared by its bytes, whatever language the database was made for. Times are unix milliseconds.
/// </summary>
internal static class Schema
{
    public const string Name = "sous_plugins";

    public const int Version = 1;

    /// <summary>Carried out in this order, in one transaction, where there are none.</summary>
    public static readonly IReadOnlyList<string> Parts =
    [
        Meta,
        PostgresRegistry.Tables,
        PostgresInbox.Tables,
        PostgresOutbox.Tables,
        ChangeTables.Create,
        PostgresClosings.Tables,
        PostgresGaps.Tables,
        PostgresListings.Tables,
        PostgresBackfills.Tables,
    ];

    private const string Meta = """
        CREATE TABLE meta(name text COLLATE "C" PRIMARY KEY, value text NOT NULL);
        """;
}
