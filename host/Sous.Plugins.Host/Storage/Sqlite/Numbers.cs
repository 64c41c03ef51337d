using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// What the tables say by number, in memory: tenants, connections, names. One writer adds to it; any number of readers look
/// up. What a transaction added is taken back with it.
/// </summary>
internal sealed class Numbers
{
    private readonly ConcurrentDictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, string> _names = new();
    private readonly ConcurrentDictionary<ConnectionId, StoredConnection> _connections = new();
    private readonly ConcurrentDictionary<long, ConnectionId> _connectionIds = new();
    private readonly ConcurrentDictionary<TenantId, TenantFeed> _tenants = new();
    private readonly ConcurrentDictionary<long, TenantId> _tenantIds = new();
    private readonly Stack<Action> _undo = new();
    private readonly HashSet<TenantFeed> _written = [];
    private readonly Session _session;

    /// <param name="session">The writer's.</param>
    public Numbers(Session session)
    {
        _session = session;
        Epoch = EpochTable.Read(session);
        LoadNames();
        LoadTenants();
        LoadConnections();
    }

    /// <summary>The epoch of all feeds, and how their sequences are told outwards.</summary>
    public FeedEpoch Epoch { get; }

    public string NameOf(long no) => no == 0 ? "" : _names[no];

    /// <summary>The number of a name that was stored, else 0.</summary>
    public long Find(string? name) => name is not null && _numbers.TryGetValue(name, out var no) ? no : 0;

    public ConnectionId ConnectionOf(long no) => _connectionIds[no];

    /// <summary>Whose connection it is; null while only a checkpoint was set.</summary>
    public TenantId? TenantOf(ConnectionId id) => Find(id)?.Tenant is { } no && _tenantIds.TryGetValue(no, out var tenant) ? tenant : null;

    public StoredConnection? Find(ConnectionId id) => _connections.GetValueOrDefault(id);

    /// <summary>The tenant's feed, empty where nothing of the tenant was stored yet.</summary>
    public TenantFeed FeedOf(TenantId id) => _tenants.GetOrAdd(id, static id => new TenantFeed(id));

    /// <summary>All, deleted ones too.</summary>
    public IEnumerable<StoredConnection> Connections => _connections.Values;

    /// <summary>All that have something here.</summary>
    public IEnumerable<TenantId> Tenants => _tenantIds.Values;

    /// <summary>The tenant's connections, deleted ones too.</summary>
    public IEnumerable<StoredConnection> ConnectionsOf(TenantFeed tenant) => _connections.Values.Where(connection => connection.Tenant == tenant.Committed.No);

    /// <summary>The number of a name, stored now where it is new; 0 for null. Writer only.</summary>
    public long NumberOf(string? name)
    {
        if (name is null)
        {
            return 0;
        }

        if (_numbers.TryGetValue(name, out var no))
        {
            return no;
        }

        _session.Prepare("INSERT INTO names(text) VALUES (?1)").Bind(1, name).Run();
        no = _session.LastRowId;
        _names[no] = name;
        _numbers[name] = no;
        _undo.Push(() =>
        {
            _numbers.TryRemove(name, out _);
            _names.TryRemove(no, out _);
        });
        return no;
    }

    /// <summary>The tenant's feed with a number, given now where it has none, for writing in this transaction. Writer only.</summary>
    public TenantFeed Number(TenantId id)
    {
        var feed = FeedOf(id);
        _written.Add(feed);
        if (feed.Pending.No == 0)
        {
            _session.Prepare("INSERT INTO tenants(id, era, floor, last) VALUES (?1, 0, 0, 0)").Bind(1, id.Value).Run();
            feed.Pending = feed.Pending with { No = _session.LastRowId };
            _tenantIds[feed.Pending.No] = id;
        }

        return feed;
    }

    /// <summary>The connection with a number, given now where it has none, and of that tenant from now on. Writer only.</summary>
    /// <returns>Null where the connection was deleted or belongs to another tenant.</returns>
    public StoredConnection? Number(ConnectionId id, TenantId? tenant)
    {
        var known = Find(id);
        if (known is { Deleted: true })
        {
            return null;
        }

        if (known is { Tenant: { } owner })
        {
            return tenant is null || FeedOf(tenant.Value).Pending.No == owner ? known : null;
        }

        if (known is not null && tenant is null)
        {
            return known;
        }

        long? number = tenant is null ? null : Number(tenant.Value).Pending.No;
        _session.Prepare("INSERT INTO connections(id, tenant, deleted) VALUES (?1, ?2, 0) ON CONFLICT(id) DO UPDATE SET tenant = excluded.tenant")
            .Bind(1, id.Value).Bind(2, number).Run();
        return Put(known is null ? new StoredConnection(_session.LastRowId, id, number, false) : known with { Tenant = number });
    }

    /// <summary>Marks a connection as deleted, for ever. Writer only.</summary>
    public void Delete(StoredConnection connection)
    {
        _session.Prepare("UPDATE connections SET deleted = 1 WHERE no = ?1").Bind(1, connection.No).Run();
        Put(connection with { Deleted = true });
    }

    /// <summary>Sets or, with 0, removes the own location of a place. Writer only.</summary>
    public void Map(StoredConnection connection, long place, long location)
    {
        var before = connection.Mappings.GetValueOrDefault(place);
        if (before == location)
        {
            return;
        }

        if (location == 0)
        {
            _session.Prepare("DELETE FROM mappings WHERE connection = ?1 AND place = ?2").Bind(1, connection.No).Bind(2, place).Run();
        }
        else
        {
            _session.Prepare("INSERT OR REPLACE INTO mappings(connection, place, location) VALUES (?1, ?2, ?3)")
                .Bind(1, connection.No).Bind(2, place).Bind(3, location).Run();
        }

        Set(connection, place, location);
        _undo.Push(() => Set(connection, place, before));
    }

    /// <summary>Stores where the feeds stand that the transaction moved.</summary>
    public void SaveFeeds()
    {
        foreach (var feed in _written.Where(static feed => feed.Changed))
        {
            var (era, floor, last) = feed.Pending;
            _session.Prepare("UPDATE tenants SET era = ?2, floor = ?3, last = ?4 WHERE no = ?1")
                .Bind(1, feed.Pending.No).Bind(2, era).Bind(3, floor).Bind(4, last).Run();
        }
    }

    public void Committed()
    {
        _undo.Clear();
        foreach (var feed in _written.Where(static feed => feed.Changed))
        {
            feed.Commit();
        }

        _written.Clear();
    }

    public void RolledBack()
    {
        while (_undo.TryPop(out var undo))
        {
            undo();
        }

        foreach (var feed in _written)
        {
            feed.Rollback();
        }

        _written.Clear();
    }

    private static void Set(StoredConnection connection, long place, long location)
    {
        if (location == 0)
        {
            connection.Mappings.Remove(place);
        }
        else
        {
            connection.Mappings[place] = location;
        }
    }

    private StoredConnection Put(StoredConnection connection)
    {
        var before = Find(connection.Id);
        _connections[connection.Id] = connection;
        _connectionIds[connection.No] = connection.Id;
        _undo.Push(() =>
        {
            if (before is null)
            {
                _connections.TryRemove(connection.Id, out _);
                _connectionIds.TryRemove(connection.No, out _);
            }
            else
            {
                _connections[before.Id] = before;
            }
        });
        return connection;
    }

    private void LoadNames()
    {
        var names = _session.Prepare("SELECT no, text FROM names");
        while (names.Step())
        {
            _names[names.Int64(0)] = names.Text(1);
            _numbers[names.Text(1)] = names.Int64(0);
        }
    }

    private void LoadTenants()
    {
        var tenants = _session.Prepare("""
            SELECT no, id, era, floor, last, COALESCE(purged, 0), COALESCE(base, 0), COALESCE(former, 0), COALESCE(since, 0)
            FROM tenants LEFT JOIN compactions ON tenant = no
            """);
        while (tenants.Step())
        {
            var feed = FeedOf(new TenantId(tenants.Text(1)));
            _tenantIds[tenants.Int64(0)] = feed.Id;
            feed.Pending = new FeedState(tenants.Int64(2), tenants.Int64(3), tenants.Int64(4))
            {
                No = tenants.Int64(0),
                Purged = tenants.Int64(5),
                Base = tenants.Int64(6),
                Former = tenants.Int64(7),
                Since = tenants.Int64(8),
            };
            feed.Commit();
        }
    }

    private void LoadConnections()
    {
        var connections = _session.Prepare("SELECT no, id, tenant, deleted FROM connections");
        while (connections.Step())
        {
            long? tenant = connections.IsNull(2) ? null : connections.Int64(2);
            Put(new StoredConnection(connections.Int64(0), new ConnectionId(connections.Text(1)), tenant, connections.Int64(3) != 0));
        }

        var mappings = _session.Prepare("SELECT connection, place, location FROM mappings");
        while (mappings.Step())
        {
            if (Find(ConnectionOf(mappings.Int64(0))) is { } connection)
            {
                connection.Mappings[mappings.Int64(1)] = mappings.Int64(2);
            }
        }

        _undo.Clear();
    }
}
