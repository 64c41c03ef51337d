using Orleans.Runtime;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>
/// The table of silos, which holds up none that goes: what it cannot be told or asked then counts as done, as the others see that it is gone.
/// Orleans tries for a minute and a half otherwise, and takes a whole processor for it.
/// </summary>
internal sealed class LeavingTable(IMembershipTable table) : IMembershipTable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private volatile MembershipTableData? _last;
    private volatile bool _isLeft;
    private volatile bool _isGone;

    /// <summary>Its silo goes.</summary>
    public void Leave() => _isLeft = true;

    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken) => table.InitializeMembershipTableAsync(tryInitTableVersion, cancellationToken);

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken) => table.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken);

    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) => table.CleanupDefunctSiloEntriesAsync(beforeDate, cancellationToken);

    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) => ReadAsync(table.ReadRowAsync(key, cancellationToken));

    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) => _last = await ReadAsync(table.ReadAllAsync(cancellationToken));

    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken)
        => WriteAsync(() => table.InsertRowAsync(entry, tableVersion, cancellationToken));

    public Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken)
        => WriteAsync(() => table.UpdateRowAsync(entry, etag, tableVersion, cancellationToken));

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) => _isLeft ? Task.CompletedTask : table.UpdateIAmAliveAsync(entry, cancellationToken);

    Task IMembershipTable.InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    Task IMembershipTable.DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId, CancellationToken.None);

    Task IMembershipTable.CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate, CancellationToken.None);

    Task<MembershipTableData> IMembershipTable.ReadRow(SiloAddress key) => ReadRowAsync(key, CancellationToken.None);

    Task<MembershipTableData> IMembershipTable.ReadAll() => ReadAllAsync(CancellationToken.None);

    Task<bool> IMembershipTable.InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion, CancellationToken.None);

    Task<bool> IMembershipTable.UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => UpdateRowAsync(entry, etag, tableVersion, CancellationToken.None);

    Task IMembershipTable.UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry, CancellationToken.None);

    private async Task<MembershipTableData> ReadAsync(Task<MembershipTableData> asked)
    {
        try
        {
            return await (_isLeft ? asked.WaitAsync(s_patience) : asked);
        }
        catch (Exception) when (_isLeft)
        {
            // The server is away, or the host that works now has dropped this cluster.
            _isGone = true;
            if (_last is { } last)
            {
                return last;
            }

            throw;
        }
    }

    private async Task<bool> WriteAsync(Func<Task<bool>> writeAsync)
    {
        if (_isGone)
        {
            return true;
        }

        var asked = writeAsync();
        try
        {
            return await (_isLeft ? asked.WaitAsync(s_patience) : asked);
        }
        catch (Exception) when (_isLeft)
        {
            return true;
        }
    }
}
