namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// The tables. The feed is the version store: a body stands once, in <c>changes</c>, which is read forwards as the feed and
/// backwards, by <c>previous</c>, as the versions of a record. What comes again and again is a small number: tenants,
/// connections, and in <c>names</c> streams, types and locations.
/// </summary>
internal static class Schema
{
    /// <summary>"Sous" in ASCII: tells our file from any other SQLite database.</summary>
    public const int ApplicationId = 0x536F7573;

    public const int Version = 1;

    public const string Create = """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE names(no INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

        -- last: newest sequence given out; floor: what is at or below it is gone; era: how often the tenant was deleted.
        CREATE TABLE tenants(no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, era INTEGER NOT NULL, floor INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
        CREATE TABLE connections(no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant INTEGER, deleted INTEGER NOT NULL) STRICT;
        CREATE INDEX connections_tenant ON connections(tenant);

        -- position: tenant << 40 | sequence. previous: the record's entry before, as a sequence; 0 for none.
        -- location: the platform's own id; place: the service's id. Both are names, 0 for none. day: day number, 0 for none.
        CREATE TABLE changes(
            position INTEGER PRIMARY KEY, previous INTEGER NOT NULL, connection INTEGER NOT NULL, stream INTEGER NOT NULL,
            type INTEGER NOT NULL, kind INTEGER NOT NULL, location INTEGER NOT NULL, place INTEGER NOT NULL, day INTEGER NOT NULL,
            version INTEGER NOT NULL, changed_at INTEGER NOT NULL, id TEXT NOT NULL, body BLOB) STRICT;
        CREATE TABLE raws(position INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, raw BLOB NOT NULL) STRICT;

        -- state: 0 live, 1 deleted, 2 held. sequence: the newest entry, 0 for none.
        CREATE TABLE records(
            connection INTEGER NOT NULL, stream INTEGER NOT NULL, id TEXT NOT NULL, type INTEGER NOT NULL, state INTEGER NOT NULL,
            location INTEGER NOT NULL, place INTEGER NOT NULL, day INTEGER NOT NULL, sequence INTEGER NOT NULL, version INTEGER NOT NULL,
            held INTEGER NOT NULL, hash BLOB, PRIMARY KEY(connection, stream, id)) STRICT, WITHOUT ROWID;
        CREATE TABLE held(
            no INTEGER PRIMARY KEY, connection INTEGER NOT NULL, place INTEGER NOT NULL, changed_at INTEGER NOT NULL,
            body BLOB NOT NULL, raw BLOB) STRICT;
        CREATE INDEX held_place ON held(connection, place);

        -- Every place and business day that a version of a record ever had or had money on; rows are never taken back, so
        -- that a day can be read as it was known. A reader checks them against the version that it found.
        CREATE TABLE days(
            connection INTEGER NOT NULL, place INTEGER NOT NULL, day INTEGER NOT NULL, stream INTEGER NOT NULL, id TEXT NOT NULL,
            PRIMARY KEY(connection, place, day, stream, id)) STRICT, WITHOUT ROWID;

        CREATE TABLE mappings(connection INTEGER NOT NULL, place INTEGER NOT NULL, location INTEGER NOT NULL, PRIMARY KEY(connection, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE checkpoints(
            connection INTEGER NOT NULL, stream INTEGER NOT NULL, place INTEGER NOT NULL, value TEXT NOT NULL,
            fence INTEGER NOT NULL DEFAULT 0, stored_at INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(connection, stream, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE fences(connection INTEGER NOT NULL, stream INTEGER NOT NULL, fence INTEGER NOT NULL, PRIMARY KEY(connection, stream)) STRICT, WITHOUT ROWID;
        CREATE TABLE runs(
            no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, connection INTEGER NOT NULL, stream INTEGER NOT NULL, started_by TEXT NOT NULL,
            fence INTEGER NOT NULL, first_day INTEGER, last_day INTEGER, outcome TEXT NOT NULL, reason TEXT,
            started_at INTEGER NOT NULL, ended_at INTEGER, pages INTEGER NOT NULL, inserted INTEGER NOT NULL, updated INTEGER NOT NULL,
            unchanged INTEGER NOT NULL, deleted INTEGER NOT NULL, held INTEGER NOT NULL) STRICT;
        CREATE INDEX runs_connection ON runs(connection, no);
        CREATE INDEX runs_open ON runs(no) WHERE ended_at IS NULL;
        """;

    /// <summary>For a file in which <c>checkpoints</c> is still without who wrote them and when: 0 there.</summary>
    public const string CheckpointFences = """
        ALTER TABLE checkpoints ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE checkpoints ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;
        """;

    /// <summary>Made where it is missing: it came later, and a file without it is as good.</summary>
    public const string Inbox = """
        -- state: 0 new, 1 taken, 2 unclaimed. An event whose work is done stays by its id alone.
        CREATE TABLE IF NOT EXISTS inbox(
            no INTEGER PRIMARY KEY AUTOINCREMENT, driver TEXT NOT NULL, source TEXT NOT NULL, event TEXT NOT NULL, state INTEGER NOT NULL,
            received_at INTEGER NOT NULL, kind TEXT NOT NULL, connection TEXT, account TEXT, place TEXT) STRICT;
        CREATE UNIQUE INDEX IF NOT EXISTS inbox_event ON inbox(driver, source, event);
        CREATE INDEX IF NOT EXISTS inbox_received ON inbox(received_at);
        CREATE INDEX IF NOT EXISTS inbox_new ON inbox(no) WHERE state = 0;
        CREATE INDEX IF NOT EXISTS inbox_unclaimed ON inbox(no) WHERE state = 2;
        CREATE INDEX IF NOT EXISTS inbox_account ON inbox(driver, coalesce(account, place), no) WHERE state = 2;
        CREATE TABLE IF NOT EXISTS inbox_work(connection TEXT NOT NULL, work TEXT NOT NULL, no INTEGER NOT NULL, PRIMARY KEY(connection, work, no)) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS inbox_work_no ON inbox_work(no);
        """;

    /// <summary>As with <see cref="Inbox"/>.</summary>
    public const string Closings = """
        -- step: 0 none, 1 tie out, 2 sync again. changes: counted by the commits of the day's records; seen: up to which of them state stands.
        CREATE TABLE IF NOT EXISTS closings(
            connection INTEGER NOT NULL, place INTEGER NOT NULL, day INTEGER NOT NULL, step INTEGER NOT NULL, due_at INTEGER,
            changes INTEGER NOT NULL, seen INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY(connection, place, day)) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS closings_day ON closings(connection, day);
        CREATE INDEX IF NOT EXISTS closings_open ON closings(connection) WHERE step > 0 OR changes <> seen;
        CREATE TABLE IF NOT EXISTS closing_news(no INTEGER PRIMARY KEY AUTOINCREMENT, connection INTEGER NOT NULL, told TEXT NOT NULL) STRICT;
        """;

    /// <summary>As with <see cref="Inbox"/>.</summary>
    public const string Outbox = """
        -- state: 0 pending, 1 delivered, 2 dead, 3 canceled. rung: how far in the schedule of retries, which began at since. at: in ticks, to the letter of the log.
        CREATE TABLE IF NOT EXISTS deliveries(
            no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, subscription TEXT NOT NULL, lane TEXT NOT NULL, connection TEXT,
            event TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, edited_from TEXT, state INTEGER NOT NULL,
            attempts INTEGER NOT NULL, rung INTEGER NOT NULL, since INTEGER NOT NULL, created_at INTEGER NOT NULL, ended_at INTEGER,
            status INTEGER, reason TEXT) STRICT;
        CREATE UNIQUE INDEX IF NOT EXISTS deliveries_event ON deliveries(subscription, event);
        CREATE INDEX IF NOT EXISTS deliveries_tenant ON deliveries(tenant, no);
        CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries(subscription, lane, no) WHERE state = 0;
        CREATE INDEX IF NOT EXISTS deliveries_dead ON deliveries(subscription, no) WHERE state = 2;
        CREATE INDEX IF NOT EXISTS deliveries_created ON deliveries(created_at);
        CREATE TABLE IF NOT EXISTS delivery_attempts(
            delivery INTEGER NOT NULL, attempt INTEGER NOT NULL, at INTEGER NOT NULL, took INTEGER NOT NULL, status INTEGER, reason TEXT,
            PRIMARY KEY(delivery, attempt)) STRICT, WITHOUT ROWID;
        -- A lane is there while something waits in it; due_at: when its first is tried.
        CREATE TABLE IF NOT EXISTS delivery_lanes(
            subscription TEXT NOT NULL, lane TEXT NOT NULL, due_at INTEGER NOT NULL, PRIMARY KEY(subscription, lane)) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS delivery_lanes_due ON delivery_lanes(subscription, due_at);
        CREATE TABLE IF NOT EXISTS delivery_readers(
            subscription TEXT PRIMARY KEY, tenant TEXT NOT NULL, up_to INTEGER NOT NULL, hold_until INTEGER, delivered_at INTEGER,
            failing_since INTEGER, reason TEXT) STRICT, WITHOUT ROWID;
        """;

    /// <summary>As with <see cref="Inbox"/>.</summary>
    public const string Compactions = """
        -- How far each feed is compacted. swept: the entries before those up to here are dropped. first_delete: the first delete swept and
        -- not dropped. dropped: deletes are dropped up to here. purged, base, former: as in the feed's state. since: versions are known from then on.
        CREATE TABLE IF NOT EXISTS compactions(
            tenant INTEGER PRIMARY KEY, swept INTEGER NOT NULL, first_delete INTEGER NOT NULL, first_delete_at INTEGER NOT NULL, dropped INTEGER NOT NULL,
            base INTEGER NOT NULL, former INTEGER NOT NULL, purged INTEGER NOT NULL, since INTEGER NOT NULL) STRICT;
        """;

    /// <summary>As with <see cref="Inbox"/>.</summary>
    public const string Listings = """
        -- Complete listings by scope. state: 0 under way, 1 complete, 2 held, 3 approved, 4 kept, 5 cut. missing, total, print: what it
        -- leaves out where it is held, or left out where one was rejected. marks: eight bytes for each id, in the order of the pages.
        CREATE TABLE IF NOT EXISTS listings(
            no INTEGER PRIMARY KEY AUTOINCREMENT, connection INTEGER NOT NULL, stream INTEGER NOT NULL, place INTEGER NOT NULL,
            state INTEGER NOT NULL, run TEXT NOT NULL, missing INTEGER NOT NULL, total INTEGER NOT NULL, print INTEGER NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS listings_scope ON listings(connection, stream, place, no);
        CREATE INDEX IF NOT EXISTS listings_held ON listings(run) WHERE state = 2;
        CREATE TABLE IF NOT EXISTS listed(no INTEGER PRIMARY KEY, listing INTEGER NOT NULL, marks BLOB NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS listed_listing ON listed(listing, no);
        """;

    /// <summary>As with <see cref="Inbox"/>.</summary>
    public const string Gaps = """
        -- gap_looks: up to which business day the scope was looked at. gaps: those that are not settled, first and last day inclusive.
        CREATE TABLE IF NOT EXISTS gap_looks(
            connection INTEGER NOT NULL, stream INTEGER NOT NULL, place INTEGER NOT NULL, day INTEGER NOT NULL, PRIMARY KEY(connection, stream, place)) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS gaps(
            no INTEGER PRIMARY KEY, connection INTEGER NOT NULL, stream INTEGER NOT NULL, place INTEGER NOT NULL, first_day INTEGER NOT NULL,
            last_day INTEGER NOT NULL, run TEXT NOT NULL, found_at INTEGER NOT NULL, due_at INTEGER NOT NULL) STRICT;
        CREATE INDEX IF NOT EXISTS gaps_scope ON gaps(connection, stream, place);
        """;

    /// <summary>As with <see cref="Inbox"/>.</summary>
    public const string Fetches = """
        -- What runs have left of each scope. place: 0 where the stream is scoped by connection, and with one by location for all of them. through: null before the first whole fetch.
        CREATE TABLE IF NOT EXISTS fetches(
            connection INTEGER NOT NULL, stream INTEGER NOT NULL, place INTEGER NOT NULL, through INTEGER, trouble TEXT, cause TEXT,
            PRIMARY KEY(connection, stream, place)) STRICT, WITHOUT ROWID;
        """;

    /// <summary>As with <see cref="Inbox"/>.</summary>
    public const string Backfills = """
        -- A sync's business days that were asked for, both inclusive. quiet: 1 for its quiet hours only. done_from: from that day on the scope has all.
        CREATE TABLE IF NOT EXISTS backfills(
            connection INTEGER NOT NULL, stream INTEGER NOT NULL, first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, quiet INTEGER NOT NULL,
            PRIMARY KEY(connection, stream)) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS backfill_scopes(
            connection INTEGER NOT NULL, stream INTEGER NOT NULL, place INTEGER NOT NULL, done_from INTEGER NOT NULL,
            PRIMARY KEY(connection, stream, place)) STRICT, WITHOUT ROWID;
        """;
}
