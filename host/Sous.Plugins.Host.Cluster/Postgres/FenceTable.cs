using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Fencing numbers: who has not the one that was drawn last, on whichever host, writes nothing.</summary>
internal static class FenceTable
{
    /// <summary>Draws the next number of a connection and stream.</summary>
    public const string Draw = $"INSERT INTO fences(connection, stream, fence) VALUES ($1, $2, 1) {OrNext}";

    /// <summary>The same as a part of a statement, behind <see cref="ConnectionTable.ShareOwned"/> as <c>owned</c>; its third value is the stream.</summary>
    public const string DrawOwned = $"INSERT INTO fences(connection, stream, fence) SELECT $1, $3, 1 FROM owned {OrNext}";

    private const string OrNext = "ON CONFLICT (connection, stream) DO UPDATE SET fence = fences.fence + 1 RETURNING fence";

    private const string Newest = "SELECT fence FROM fences WHERE connection = $1 AND stream = $2 FOR UPDATE";

    /// <summary>Asks for what <see cref="AdmitAsync(NpgsqlDataReader, TenantId, Scope, long)"/> reads, and holds both rows until the transaction ends.</summary>
    public static NpgsqlBatch AddAdmission(this NpgsqlBatch batch, Scope scope) => batch
        .Add(ConnectionTable.Share, scope.Connection.Value)
        .Add(Newest, scope.Connection.Value, scope.Stream.Value);

    /// <summary>Reads the first two results, and stands at the third.</summary>
    /// <exception cref="StaleFenceException">The run is not the sync's newest, or the connection is gone.</exception>
    public static async Task AdmitAsync(NpgsqlDataReader reader, TenantId tenant, Scope scope, long fence)
    {
        var isOpen = await reader.ReadAsync() && ConnectionTable.Read(reader) is { Deleted: false } known && known.Tenant == tenant;
        await reader.NextResultAsync();
        if (!isOpen || !await reader.ReadAsync() || reader.GetInt64(0) != fence)
        {
            throw new StaleFenceException(scope.Connection, scope.Stream, fence);
        }

        await reader.NextResultAsync();
    }

    /// <inheritdoc cref="AdmitAsync(NpgsqlDataReader, TenantId, Scope, long)"/>
    public static async Task AdmitAsync(NpgsqlConnection connection, TenantId tenant, Scope scope, long fence)
    {
        await using var batch = new NpgsqlBatch(connection).AddAdmission(scope);
        await using var reader = await batch.ExecuteReaderAsync();
        await AdmitAsync(reader, tenant, scope, fence);
    }
}
