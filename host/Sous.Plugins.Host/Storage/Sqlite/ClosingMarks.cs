namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Counts the changes of days that were opened to be closed, in the transaction of the change. Writer only.</summary>
internal sealed class ClosingMarks(Session session)
{
    private readonly Statement _mark = session.Prepare("UPDATE closings SET changes = changes + 1 WHERE connection = ?1 AND place = ?2 AND day = ?3");

    /// <param name="day">A day number; 0 for a record that belongs to none.</param>
    public void Mark(in RecordRow row, long day)
    {
        if (day != 0 && row.Place != 0)
        {
            _mark.Bind(1, row.Connection).Bind(2, row.Place).Bind(3, day).Run();
        }
    }
}
