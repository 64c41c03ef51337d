namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// The tables of the change store. The feed is the version store: a body stands once, in <c>changes</c>, which is read forwards as the
/// feed and backwards, by <c>previous</c>, as the versions of a record. A text that is not there is empty, a number 0.
/// </summary>
internal static class ChangeTables
{
    public const string Create = """
        -- A row is a tenant's feed; who writes to it holds the row until the commit, so that sequences are committed in their order.
        -- last: newest sequence given out; floor: what is at or below it is gone; era: how often the tenant was deleted.
        -- swept: versions before the entries up to here are dropped. first_delete: the first delete swept and not dropped.
        -- dropped: deletes are dropped up to here. base, former, purged, since: as in the feed's state.
        CREATE TABLE tenants(
            id text COLLATE "C" PRIMARY KEY, era bigint NOT NULL DEFAULT 0, floor bigint NOT NULL DEFAULT 0, last bigint NOT NULL DEFAULT 0,
            base bigint NOT NULL DEFAULT 0, former bigint NOT NULL DEFAULT 0, purged bigint NOT NULL DEFAULT 0, since bigint NOT NULL DEFAULT 0,
            swept bigint NOT NULL DEFAULT 0, first_delete bigint NOT NULL DEFAULT 0, first_delete_at bigint NOT NULL DEFAULT 0,
            dropped bigint NOT NULL DEFAULT 0) WITH (fillfactor = 20);
        -- tenant: null while only a checkpoint was set. A deleted one stays, so that a run that wakes up late finds no room to write.
        CREATE TABLE connections(id text COLLATE "C" PRIMARY KEY, tenant text COLLATE "C", deleted boolean NOT NULL);
        CREATE INDEX connections_tenant ON connections(tenant);

        -- previous: the record's entry before. location: the platform's own id; place: the service's id. day: a day number.
        CREATE TABLE changes(
            tenant text COLLATE "C" NOT NULL, sequence bigint NOT NULL, previous bigint NOT NULL, connection text COLLATE "C" NOT NULL,
            stream text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL, kind integer NOT NULL, location text COLLATE "C" NOT NULL,
            place text COLLATE "C" NOT NULL, day integer NOT NULL, version bigint NOT NULL, changed_at bigint NOT NULL,
            id text COLLATE "C" NOT NULL, body bytea NOT NULL, PRIMARY KEY(tenant, sequence));
        CREATE TABLE raws(tenant text COLLATE "C" NOT NULL, sequence bigint NOT NULL, raw bytea NOT NULL, PRIMARY KEY(tenant, sequence));

        -- state: 0 live, 1 deleted, 2 held, with its body in held. sequence: the newest entry.
        CREATE TABLE records(
            connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL,
            state integer NOT NULL, location text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, day integer NOT NULL,
            sequence bigint NOT NULL, version bigint NOT NULL, hash bytea NOT NULL, PRIMARY KEY(connection, stream, id)) WITH (fillfactor = 80);
        CREATE TABLE held(
            connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL,
            changed_at bigint NOT NULL, body bytea NOT NULL, raw bytea NOT NULL, PRIMARY KEY(connection, stream, id));
        CREATE INDEX held_place ON held(connection, place);

        -- Every place and business day that a version of a record ever had or had money on; rows are never taken back, so
        -- that a day can be read as it was known. A reader checks them against the version that it found.
        CREATE TABLE days(
            connection text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, day integer NOT NULL, stream text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL, PRIMARY KEY(connection, place, day, stream, id));

        CREATE TABLE mappings(
            connection text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, location text COLLATE "C" NOT NULL, PRIMARY KEY(connection, place));
        CREATE TABLE checkpoints(
            connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, value text NOT NULL,
            fence bigint NOT NULL, stored_at bigint NOT NULL, PRIMARY KEY(connection, stream, place));
        CREATE TABLE fences(
            connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, fence bigint NOT NULL, PRIMARY KEY(connection, stream)) WITH (fillfactor = 50);
        CREATE TABLE runs(
            no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, connection text COLLATE "C" NOT NULL,
            stream text COLLATE "C" NOT NULL, started_by text COLLATE "C" NOT NULL, fence bigint NOT NULL, first_day integer, last_day integer,
            outcome text COLLATE "C" NOT NULL, reason text, started_at bigint NOT NULL, ended_at bigint, pages bigint NOT NULL, inserted bigint NOT NULL,
            updated bigint NOT NULL, unchanged bigint NOT NULL, deleted bigint NOT NULL, held bigint NOT NULL) WITH (fillfactor = 80);
        CREATE INDEX runs_connection ON runs(connection, no);
        CREATE INDEX runs_open ON runs(no) WHERE ended_at IS NULL;
        -- What runs have left of each scope. place: empty where the stream is scoped by connection, and with one by location for all of them.
        -- through: null before the first whole fetch.
        CREATE TABLE fetches(
            connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, through bigint, trouble text, cause text,
            PRIMARY KEY(connection, stream, place));
        """;
}
