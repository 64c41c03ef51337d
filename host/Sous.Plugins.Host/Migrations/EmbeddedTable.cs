namespace Sous.Plugins.Host.Migrations;

/// <summary>How a table is read, filled and emptied in SQLite, where what comes again and again is a number.</summary>
/// <param name="Select">Gives a value for each column, as in PostgreSQL.</param>
/// <param name="Inserts">Carried out for each row, whose values are the parameters.</param>
internal sealed record EmbeddedTable(string Select, IReadOnlyList<string> Inserts, IReadOnlyList<string> Clears)
{
    private const string Position = "((SELECT no FROM tenants WHERE id = ?1) << 40) | ?2";

    private static readonly Dictionary<CopiedTable, EmbeddedTable> s_others = new()
    {
        [CopiedTable.Tenants] = new(
            """
            SELECT t.id, t.era, t.floor, t.last, coalesce(c.base, 0), coalesce(c.former, 0), coalesce(c.purged, 0), coalesce(c.since, 0), coalesce(c.swept, 0),
                coalesce(c.first_delete, 0), coalesce(c.first_delete_at, 0), coalesce(c.dropped, 0)
            FROM tenants t LEFT JOIN compactions c ON c.tenant = t.no
            """,
            [
                "INSERT INTO tenants(id, era, floor, last) VALUES (?1, ?2, ?3, ?4)",
                """
                INSERT INTO compactions(tenant, base, former, purged, since, swept, first_delete, first_delete_at, dropped)
                VALUES ((SELECT no FROM tenants WHERE id = ?1), ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                """,
            ],
            ["DELETE FROM compactions", "DELETE FROM tenants"]),
        [CopiedTable.Connections] = new(
            "SELECT k.id, (SELECT id FROM tenants WHERE no = k.tenant), k.deleted FROM connections k",
            ["INSERT INTO connections(id, tenant, deleted) VALUES (?1, (SELECT no FROM tenants WHERE id = ?2), ?3)"],
            ["DELETE FROM connections"]),
        // Stored with the entry that it belongs to.
        [CopiedTable.Raws] = Plain(CopiedTable.Raws) with
        {
            Inserts = [$"INSERT INTO raws(position, stored_at, raw) VALUES ({Position}, coalesce((SELECT changed_at FROM changes WHERE position = {Position}), 0), ?3)"],
        },
        [CopiedTable.Records] = Plain(CopiedTable.Records, (", held", ", 0")),
        [CopiedTable.Held] = new(
            $"""
            SELECT {Selected(CopiedKind.Connection, "r.connection")}, {Selected(CopiedKind.Name, "r.stream")}, r.id, {Selected(CopiedKind.Name, "h.place")}, h.changed_at, h.body, h.raw
            FROM records r CROSS JOIN held h ON h.no = r.held WHERE r.held <> 0
            """,
            [
                $"INSERT INTO held(connection, place, changed_at, body, raw) VALUES ({Inserted(CopiedKind.Connection, 1)}, {Inserted(CopiedKind.Name, 4)}, ?5, ?6, ?7)",
                $"UPDATE records SET held = last_insert_rowid() WHERE connection = {Inserted(CopiedKind.Connection, 1)} AND stream = {Inserted(CopiedKind.Name, 2)} AND id = ?3",
            ],
            ["DELETE FROM held", "UPDATE records SET held = 0 WHERE held <> 0"]),
    };

    public static EmbeddedTable Of(CopiedTable table) => s_others.GetValueOrDefault(table) ?? Plain(table);

    /// <param name="besides">A column that this engine has alone, and its value.</param>
    private static EmbeddedTable Plain(CopiedTable table, (string Columns, string Values) besides = default)
    {
        var columns = table.Columns.Index().Where(static column => column.Item.Kind != CopiedKind.Tenant).ToList();
        var names = string.Join(", ", columns.Select(static column => column.Item.Kind == CopiedKind.Sequence ? "position" : column.Item.Name));
        var values = string.Join(", ", columns.Select(static column => Inserted(column.Item.Kind, column.Index + 1)));
        return new EmbeddedTable(
            $"SELECT {string.Join(", ", table.Columns.Select(static column => Selected(column.Kind, $"t.{column.Name}")))} FROM {table.Name} t",
            [$"INSERT INTO {table.Name}({names}{besides.Columns}) VALUES ({values}{besides.Values})"],
            [$"DELETE FROM {table.Name}"]);
    }

    private static string Selected(CopiedKind kind, string column) => kind switch
    {
        CopiedKind.Connection => $"(SELECT id FROM connections WHERE no = {column})",
        CopiedKind.Name => $"CASE {column} WHEN 0 THEN '' ELSE (SELECT text FROM names WHERE no = {column}) END",
        CopiedKind.Tenant => "(SELECT id FROM tenants WHERE no = t.position >> 40)",
        CopiedKind.Sequence => "t.position & ((1 << 40) - 1)",
        _ => column,
    };

    private static string Inserted(CopiedKind kind, int parameter) => kind switch
    {
        CopiedKind.Connection => $"(SELECT no FROM connections WHERE id = ?{parameter})",
        CopiedKind.Name => $"CASE ?{parameter} WHEN '' THEN 0 ELSE (SELECT no FROM names WHERE text = ?{parameter}) END",
        CopiedKind.Sequence => Position,
        _ => $"?{parameter}",
    };
}
