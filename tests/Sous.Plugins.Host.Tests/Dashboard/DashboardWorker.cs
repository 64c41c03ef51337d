using System.Net;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Sdk.Manifests;

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

    public static async Task<Connection?> FindAsync(this RunningWorker host, ConnectionId id)
        => await host.Worker.Get<ConnectionStore>().FindAsync(id, TestContext.Current.CancellationToken);
}
