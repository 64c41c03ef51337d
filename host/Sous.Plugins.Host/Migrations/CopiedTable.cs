using static Sous.Plugins.Host.Migrations.CopiedColumn;

namespace Sous.Plugins.Host.Migrations;

/// <summary>A table as both engines understand it. Its name and its columns' are those in PostgreSQL.</summary>
/// <param name="isNumbered">Its rows are given numbers (<c>no</c>) that are not given twice.</param>
internal sealed class CopiedTable(string name, bool isNumbered, params CopiedColumn[] columns)
{
    private static readonly CopiedColumn s_connection = new("connection", CopiedKind.Connection);
    private static readonly CopiedColumn s_stream = Named("stream");
    private static readonly CopiedColumn s_place = Named("place");
    private static readonly CopiedColumn[] s_position = [new("tenant", CopiedKind.Tenant), new("sequence", CopiedKind.Sequence)];

    /// <summary>The registry, a row for each document; its collections are counted each by itself.</summary>
    public static readonly CopiedTable Documents = new("documents", false, Text("collection"), Text("key"), Text("body"));

    public static readonly CopiedTable Tenants = new(
        "tenants", false, Text("id"), Number("era"), Number("floor"), Number("last"), Number("base"), Number("former"), Number("purged"), Number("since"), Number("swept"),
        Number("first_delete"), Number("first_delete_at"), Number("dropped"));

    public static readonly CopiedTable Connections = new("connections", false, Text("id"), Text("tenant"), Number("deleted"));

    public static readonly CopiedTable Raws = new("raws", false, [.. s_position, Bytes("raw")]);

    public static readonly CopiedTable Records = new(
        "records", false, s_connection, s_stream, Text("id"), Named("type"), Number("state"), Named("location"), s_place, Number("day"), Number("sequence"), Number("version"), Bytes("hash"));

    public static readonly CopiedTable Held = new("held", false, s_connection, s_stream, Text("id"), s_place, Number("changed_at"), Bytes("body"), Bytes("raw"));

    /// <summary>Everything that is kept, each table behind those that it refers to, and the registry last, which the end of a migration still adds to.</summary>
    public static readonly IReadOnlyList<CopiedTable> All =
    [
        Tenants,
        Connections,
        new(
            "changes", false,
            [.. s_position, Number("previous"), s_connection, s_stream, Named("type"), Number("kind"), Named("location"), s_place, Number("day"), Number("version"), Number("changed_at"), Text("id"), Bytes("body")]),
        Raws,
        Records,
        Held,
        new("days", false, s_connection, s_place, Number("day"), s_stream, Text("id")),
        new("mappings", false, s_connection, s_place, Named("location")),
        new("checkpoints", false, s_connection, s_stream, s_place, Text("value"), Number("fence"), Number("stored_at")),
        new("fences", false, s_connection, s_stream, Number("fence")),
        new(
            "runs", true, Number("no"), Text("id"), s_connection, s_stream, Text("started_by"), Number("fence"), Number("first_day"), Number("last_day"), Text("outcome"), Text("reason"), Number("started_at"),
            Number("ended_at"), Number("pages"), Number("inserted"), Number("updated"), Number("unchanged"), Number("deleted"), Number("held")),
        new("fetches", false, s_connection, s_stream, s_place, Number("through"), Text("trouble"), Text("cause")),
        new(
            "inbox", true, Number("no"), Text("driver"), Text("source"), Text("event"), Number("state"), Number("received_at"), Text("kind"), Text("connection"), Text("account"), Text("place")),
        new("inbox_work", false, Text("connection"), Text("work"), Number("no")),
        new("closings", false, s_connection, s_place, Number("day"), Number("step"), Number("due_at"), Number("changes"), Number("seen"), Text("state")),
        new("closing_news", true, Number("no"), s_connection, Text("told")),
        new(
            "deliveries", true, Number("no"), Text("id"), Text("tenant"), Text("subscription"), Text("lane"), Text("connection"), Text("event"), Text("type"), Number("at"), Text("data"), Text("edited_from"),
            Number("state"), Number("attempts"), Number("rung"), Number("since"), Number("created_at"), Number("ended_at"), Number("status"), Text("reason")),
        new("delivery_attempts", false, Number("delivery"), Number("attempt"), Number("at"), Number("took"), Number("status"), Text("reason")),
        new("delivery_lanes", false, Text("subscription"), Text("lane"), Number("due_at")),
        new(
            "delivery_readers", false, Text("subscription"), Text("tenant"), Number("up_to"), Number("hold_until"), Number("delivered_at"), Number("failing_since"), Text("reason")),
        new("listings", true, Number("no"), s_connection, s_stream, s_place, Number("state"), Text("run"), Number("missing"), Number("total"), Number("print")),
        new("listed", true, Number("no"), Number("listing"), Bytes("marks")),
        new("gap_looks", false, s_connection, s_stream, s_place, Number("day")),
        new(
            "gaps", true, Number("no"), s_connection, s_stream, s_place, Number("first_day"), Number("last_day"), Text("run"), Number("found_at"), Number("due_at")),
        new("backfills", false, s_connection, s_stream, Number("first_day"), Number("last_day"), Number("quiet")),
        new("backfill_scopes", false, s_connection, s_stream, s_place, Number("done_from")),
        Documents,
    ];

    public string Name => name;

    public bool IsNumbered => isNumbered;

    public IReadOnlyList<CopiedColumn> Columns => columns;

    /// <summary>Its columns' names, with commas between.</summary>
    public string ColumnList { get; } = string.Join(", ", columns.Select(static column => column.Name));
}
