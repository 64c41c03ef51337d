using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>Which connections events are about: the channel's own, those of the account, or those that know the location. Several tenants may have connected one account.</summary>
internal sealed class InboxAudience
{
    private readonly Dictionary<ConnectionId, Connection> _connections;
    private readonly ILookup<(DriverId, string), ConnectionId> _byAccount;
    private readonly ILookup<string, ConnectionId> _byLocation;

    private InboxAudience(IEnumerable<Connection> connections, IEnumerable<MappedLocation> locations)
    {
        _connections = connections.Where(static connection => !connection.IsGone).ToDictionary(static connection => connection.Id);
        _byAccount = _connections.Values.Where(static connection => connection.AccountId is not null).ToLookup(static connection => (connection.Driver, connection.AccountId ?? ""), static connection => connection.Id);
        _byLocation = locations.ToLookup(static location => location.Location.Ref.Id, static location => location.Connection, StringComparer.Ordinal);
    }

    public static async ValueTask<InboxAudience> ReadAsync(IRegistry registry, IReadOnlyList<InboxEntry> entries, CancellationToken cancellationToken)
    {
        var connections = await registry.ListAsync(Connection.Collection, "", cancellationToken);
        var locations = entries.Any(static entry => entry.LocationId is not null) ? await registry.ListAsync(MappedLocation.Collection, "", cancellationToken) : [];
        return new InboxAudience(connections, locations);
    }

    /// <returns>Empty where nobody here connected the account.</returns>
    public IReadOnlyList<InboxKey> KeysOf(InboxEntry entry)
        => InboxKey.WorkOf(entry.Kind) is { } work ? [.. ConnectionsOf(entry).Select(connection => new InboxKey(connection, work))] : [];

    private IEnumerable<ConnectionId> ConnectionsOf(InboxEntry entry)
    {
        if (entry.Connection is { } own)
        {
            return _connections.ContainsKey(own) ? [own] : [];
        }

        var ofAccount = entry.AccountId is { } account ? _byAccount[(entry.Driver, account)] : [];
        return ofAccount.Any() || entry.LocationId is not { } location
            ? ofAccount
            : _byLocation[location].Where(id => _connections.TryGetValue(id, out var connection) && connection.Driver == entry.Driver);
    }
}
