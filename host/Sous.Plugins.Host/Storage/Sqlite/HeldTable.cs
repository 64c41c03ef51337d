namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Bodies of records whose location is not mapped. Writer only.</summary>
internal sealed class HeldTable(Session session)
{
    private readonly Statement _insert = session.Prepare("INSERT INTO held(connection, place, changed_at, body, raw) VALUES (?1, ?2, ?3, ?4, ?5)");

    private readonly Statement _replace = session.Prepare("UPDATE held SET place = ?2, changed_at = ?3, body = ?4, raw = ?5 WHERE no = ?1");

    private readonly Statement _delete = session.Prepare("DELETE FROM held WHERE no = ?1");

    /// <summary>Keeps the body as the record's only held one, and notes it in the row.</summary>
    public void Put(ref RecordRow row, long at, ReadOnlySpan<byte> body, ReadOnlySpan<byte> raw)
    {
        if (row.Held != 0)
        {
            _replace.Bind(1, row.Held).Bind(2, row.Place).Bind(3, at).Bind(4, body).Bind(5, raw).Run();
            return;
        }

        _insert.Bind(1, row.Connection).Bind(2, row.Place).Bind(3, at).Bind(4, body).Bind(5, raw).Run();
        row.Held = session.LastRowId;
    }

    public void Remove(ref RecordRow row)
    {
        if (row.Held != 0)
        {
            _delete.Bind(1, row.Held).Run();
            row.Held = 0;
        }
    }
}
