namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>The newest state of each record, and the days that it belongs to. Writer only.</summary>
internal sealed class RecordTable(Session session)
{
    private readonly Statement _find = session.Prepare("""
        SELECT type, state, location, place, day, sequence, version, held, hash FROM records WHERE connection = ?1 AND stream = ?2 AND id = ?3
        """);

    private readonly Statement _insert = session.Prepare("""
        INSERT INTO records(connection, stream, id, type, state, location, place, day, sequence, version, held, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """);

    private readonly Statement _update = session.Prepare("""
        UPDATE records SET type = ?4, state = ?5, location = ?6, place = ?7, day = ?8, sequence = ?9, version = ?10, held = ?11, hash = ?12
        WHERE connection = ?1 AND stream = ?2 AND id = ?3
        """);

    private readonly Statement _move = session.Prepare("""
        UPDATE records SET state = ?4, location = ?5, sequence = ?6, version = ?7, held = ?8 WHERE connection = ?1 AND stream = ?2 AND id = ?3
        """);

    private readonly Statement _delete = session.Prepare("DELETE FROM records WHERE connection = ?1 AND stream = ?2 AND id = ?3");

    private readonly Statement _touch = session.Prepare("INSERT OR IGNORE INTO days(connection, place, day, stream, id) VALUES (?1, ?2, ?3, ?4, ?5)");

    /// <param name="hash">Of the body that is to be stored.</param>
    /// <param name="same">Whether the stored body has that hash.</param>
    public RecordRow? Find(long connection, long stream, string id, ReadOnlySpan<byte> hash, out bool same)
    {
        same = false;
        if (!_find.Bind(1, connection).Bind(2, stream).Bind(3, id).Step())
        {
            return null;
        }

        same = !hash.IsEmpty && _find.Bytes(8).SequenceEqual(hash);
        var row = new RecordRow
        {
            Connection = connection,
            Stream = stream,
            Id = id,
            Type = _find.Int64(0),
            State = (RecordState)_find.Int64(1),
            Location = _find.Int64(2),
            Place = _find.Int64(3),
            Day = _find.Int64(4),
            Sequence = _find.Int64(5),
            Version = _find.Int64(6),
            Held = _find.Int64(7),
        };
        _find.Reset();
        return row;
    }

    public void Insert(in RecordRow row, ReadOnlySpan<byte> hash) => Put(_insert, row, hash);

    /// <param name="row">The row as it is to be.</param>
    /// <param name="hash">Empty where there is no body.</param>
    public void Update(in RecordRow row, ReadOnlySpan<byte> hash) => Put(_update, row, hash);

    /// <summary>Stores what became of a record whose body stays as it is.</summary>
    public void Move(in RecordRow row) => _move.Bind(1, row.Connection).Bind(2, row.Stream).Bind(3, row.Id)
        .Bind(4, (long)row.State).Bind(5, row.Location).Bind(6, row.Sequence).Bind(7, row.Version).Bind(8, row.Held)
        .Run();

    public void Delete(in RecordRow row) => _delete.Bind(1, row.Connection).Bind(2, row.Stream).Bind(3, row.Id).Run();

    /// <summary>Notes that a version of the record belongs to the day, at its place.</summary>
    public void Touch(in RecordRow row, long day)
    {
        if (row.Place != 0)
        {
            _touch.Bind(1, row.Connection).Bind(2, row.Place).Bind(3, day).Bind(4, row.Stream).Bind(5, row.Id).Run();
        }
    }

    private static void Put(Statement statement, in RecordRow row, ReadOnlySpan<byte> hash) => statement
        .Bind(1, row.Connection).Bind(2, row.Stream).Bind(3, row.Id).Bind(4, row.Type).Bind(5, (long)row.State).Bind(6, row.Location)
        .Bind(7, row.Place).Bind(8, row.Day).Bind(9, row.Sequence).Bind(10, row.Version).Bind(11, row.Held).Bind(12, hash)
        .Run();
}
