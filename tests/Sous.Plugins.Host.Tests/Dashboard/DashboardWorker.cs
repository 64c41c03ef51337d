using System.Net;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>What the dashboard's tests put into a running worker.</summary>
internal static class DashboardWorker
{
    public static string AdminKey(this RunningWorker host) => host.Admin.DefaultRequestHeaders.Authorization?.Parameter ?? "";

    /// <returns>A key of the tenant, which is made.</returns>
    public static async Task<(string Id, string Text)> AddTenantAsync(this RunningWorker host, string tenant, string? name = null)
    {
        await host.PostAsync("/api/v1/tenants", new { id = tenant, name }, HttpStatusCode.Created);
        var key = await host.PostAsync("/api/v1/keys", new { scope = $"tenant:{tenant}" }, HttpStatusCode.Created);
        return (key.GetProperty("id").GetString() ?? "", key.GetProperty("key").GetString() ?? "");
    }

    public static async Task<Connection> AddConnectionAsync(this RunningWorker host, string tenant, string account, ConnectionStatus status = ConnectionStatus.Ok, string? cause = null, Actor actor = Actor.Nobody)
    {
        var now = host.Worker.Get<TimeProvider>().GetUtcNow();
        var connection = new Connection
        {
            Id = ConnectionId.New(),
            Tenant = new TenantId(tenant),
            Driver = new DriverId("square"),
            Authorization = AuthorizationKind.OauthCode,
            AccountId = "M1",
            AccountName = account,
            Status = status,
            Cause = cause,
            Actor = actor,
            CreatedAt = now,
            ChangedAt = now,
        };
        await host.Worker.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Connection.Collection, connection), TestContext.Current.CancellationToken);
        return connection;
    }

    public static Task AddLocationAsync(this RunningWorker host, Connection connection, string externalId, string name, string? address = null)
        => host.Worker.Get<IRegistry>().WriteAsync(
            transaction => transaction.Put(MappedLocation.Collection, new MappedLocation
            {
                Connection = connection.Id,
                Tenant = connection.Tenant,
                DiscoveredAt = connection.CreatedAt,
                Location = new Location { Ref = new ExternalRef("square", externalId), Name = name, Address = address, TimeZone = "Europe/Berlin", Currency = "USD", Active = true },
                Findings = [new LocationFinding(LocationFindingKind.New, connection.CreatedAt)],
            }),
            TestContext.Current.CancellationToken);

    /// <returns>The run that brought the sales, which is under way.</returns>
    public static async Task<SyncRun> CommitAsync(this RunningWorker host, Connection connection, params Sale[] sales)
    {
        var store = host.Worker.Get<IChangeStore>();
        var run = await store.BeginRunAsync(StoreUnderTest.NewRun(connection.Tenant, connection.Id), TestContext.Current.CancellationToken);
        using var page = Pages.Encode(connection.Tenant, connection.Id, [.. sales.Select(static sale => Change.Upsert(sale.Ref.Id, sale))]);
        Assert.Equal(sales.Length, (await store.CommitAsync(StoreUnderTest.PageOf(run, page, Sales.Noon), TestContext.Current.CancellationToken)).Inserted);
        return run;
    }

    public static async Task<Connection?> FindAsync(this RunningWorker host, ConnectionId id)
        => await host.Worker.Get<ConnectionStore>().FindAsync(id, TestContext.Current.CancellationToken);
}
