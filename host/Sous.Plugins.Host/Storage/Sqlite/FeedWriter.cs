using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Appends entries to a tenant's feed. Writer only.</summary>
internal sealed class FeedWriter(Session session)
{
    private readonly Statement _append = session.Prepare("""
        INSERT INTO changes(position, previous, connection, stream, type, kind, location, place, day, version, changed_at, id, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """);

    private readonly Statement _raw = session.Prepare("INSERT INTO raws(position, stored_at, raw) VALUES (?1, ?2, ?3)");

    /// <summary>Draws the next sequence and gives the row its new entry: sequence and version are the entry's from now on.</summary>
    public void Append(TenantFeed feed, ref RecordRow row, ChangeKind kind, long at, ReadOnlySpan<byte> body, ReadOnlySpan<byte> raw)
    {
        ref var state = ref feed.Pending;
        state = state with { Last = state.Last + 1 };
        var position = Position.Of(state.No, state.Last);
        _append.Bind(1, position).Bind(2, row.Sequence).Bind(3, row.Connection).Bind(4, row.Stream).Bind(5, row.Type).Bind(6, (long)kind)
            .Bind(7, row.Location).Bind(8, row.Place).Bind(9, row.Day).Bind(10, row.Version + 1).Bind(11, at).Bind(12, row.Id).Bind(13, body)
            .Run();
        if (!raw.IsEmpty)
        {
            _raw.Bind(1, position).Bind(2, at).Bind(3, raw).Run();
        }

        row.Sequence = state.Last;
        row.Version++;
    }
}
