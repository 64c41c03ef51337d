namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Counts the changes of days that were opened to be closed, in the transaction of the change. Writer only.</summary>
internal sealed class ClosingMarks(Session session)
{
    private readonly Statement _mark = session.Prepare("UPDATE closings SET changes = changes + 1 WHERE connection = ?1 AND place = ?2 AND day = ?3");

    private readonly Statement _markOthers = session.Prepare($"""
        UPDATE closings SET changes = changes + 1 WHERE connection = ?1 AND place = ?2 AND day BETWEEN ?3 - {MoneyReach.Before} AND ?3 + {MoneyReach.After} AND day <> ?3
            AND EXISTS (SELECT 1 FROM days d WHERE d.connection = ?1 AND d.place = ?2 AND d.day = closings.day AND d.stream = ?4 AND d.id = ?5)
        """);

    /// <summary>Counts a change of the days besides its own on which a record stood, or had money: what it tells of them may be less now.</summary>
    /// <param name="row">As it was before.</param>
    public void MarkOthers(in RecordRow row)
    {
        if (row.Day != 0 && row.Place != 0)
        {
            _markOthers.Bind(1, row.Connection).Bind(2, row.Place).Bind(3, row.Day).Bind(4, row.Stream).Bind(5, row.Id).Run();
        }
    }

    /// <param name="day">A day number; 0 for a record that belongs to none.</param>
    public void Mark(in RecordRow row, long day)
    {
        if (day != 0 && row.Place != 0)
        {
            _mark.Bind(1, row.Connection).Bind(2, row.Place).Bind(3, day).Run();
        }
    }
}
