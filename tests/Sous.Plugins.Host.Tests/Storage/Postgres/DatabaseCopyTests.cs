using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Cluster;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Host.Tests.Cli;
using Sous.Plugins.Sdk;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

/// <summary>A database that was copied, or set back: another host may hold the same grants.</summary>
public sealed class DatabaseCopyTests : IAsyncLifetime
{
    private static readonly string s_master = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private FreshDatabase _fresh = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _fresh = await FreshDatabase.EmptyAsync();
        await using var host = await StartAsync(_fresh.ConnectionString);
        await host.PostAsync("/api/v1/tenants", new { id = "t1", name = "Bistro" }, HttpStatusCode.Created);
        await host.Worker.Get<CredentialStore>().SaveAsync(
            new CredentialMaterial { Connection = new ConnectionId("con_1"), Tenant = new TenantId("t1"), Secrets = new CredentialSecrets { AccessToken = new Secret("a") }, ObtainedAt = Sales.Noon }, 0, Token);
        await host.Worker.Get<IRegistry>().WriteAsync(static transaction => transaction.Put(EventHead.Collection, new EventHead(new TenantId("t1"), 1, 7)), Token);
    }

    public ValueTask DisposeAsync() => _fresh.DisposeAsync();

    [Fact]
    public async Task A_host_on_a_copy_does_nothing_by_itself_until_it_is_adopted_and_its_readers_begin_anew()
    {
        var server = await PostgresServer.SharedAsync();
        // Those of a silo that has gone lie idle for a while.
        await server.EndConnectionsAsync(_fresh.ConnectionString, Token);
        var copy = await server.CreateAsync(new NpgsqlConnectionStringBuilder(_fresh.ConnectionString).Database, Token);
        var feed = await FeedOfAsync(_fresh.ConnectionString);
        await using (var host = await StartAsync(copy))
        {
            using var refused = await host.Admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t2" }, Token);
            Assert.Equal((HttpStatusCode.Conflict, Adoption.Code), (refused.StatusCode, JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("code").GetString()));
            Assert.Equal(HttpStatusCode.Gone, (await host.Admin.GetAsync($"/api/v1/tenants/t1/changes?after=0&feed={feed}-0", Token)).StatusCode);
            var events = await host.Worker.Get<IRegistry>().FindAsync(EventHead.Collection, "t1", Token);
            Assert.True(events is { Last: > 7 } && events.First == events.Last + 1, $"{events}");
            Assert.Equal(Sales.Noon, (await host.Worker.Get<Adoption>().FindWaitingAsync(Token))!.BackupAt);

            await ExecuteAsync(copy, $"DELETE FROM {Cluster.Postgres.Schema.Name}.documents WHERE collection = 'shared_entries'");
            await host.PostAsync("/api/v1/adopt", new { }, HttpStatusCode.OK);
            await host.PostAsync("/api/v1/tenants", new { id = "t2" }, HttpStatusCode.Created);

            // What it works with, the others are told now.
            while (await ExecuteAsync(copy, $"SELECT count(*) FROM {Cluster.Postgres.Schema.Name}.documents WHERE collection = 'shared_entries'") is 0L)
            {
                await Task.Delay(50, Token);
            }
        }

        await AssertWorksAsync(copy);
        await AssertWorksAsync(_fresh.ConnectionString);
        Assert.Equal(feed, await FeedOfAsync(_fresh.ConnectionString));
        await server.DropAsync(copy, Token);
    }

    [Fact]
    public async Task Of_a_database_that_was_set_back_an_operator_tells()
    {
        var set = await RestoreAsync(_fresh.ConnectionString);
        await using (var host = await StartAsync(_fresh.ConnectionString))
        {
            Assert.NotNull(await host.Worker.Get<Adoption>().FindWaitingAsync(Token));
            var busy = await RestoreAsync(_fresh.ConnectionString);
            Assert.Equal(1, busy.Exit);
            Assert.Contains("Another host works on the database", busy.Error, StringComparison.Ordinal);
            await host.PostAsync("/api/v1/adopt", new { }, HttpStatusCode.OK);
        }

        await AssertWorksAsync(_fresh.ConnectionString);
        Assert.Equal(0, set.Exit);
        Assert.Contains("counts as restored", set.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_holds_nothing_is_not_called_restored()
    {
        await using var empty = await FreshDatabase.EmptyAsync();

        var refused = await Assert.ThrowsAsync<StorageException>(() => ClusterRoom.SetBackAsync(empty.ConnectionString, Token));
        var both = await VerbProcess.RunAsync(["restore", "a.zip", "--database"]);
        var none = await VerbProcess.RunAsync(["restore", "--database"], ("SOUS_Postgres", ""));

        Assert.Contains("holds no stores", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, both.Exit);
        Assert.Contains("either a backup file, or --database", both.Error, StringComparison.Ordinal);
        Assert.Equal(1, none.Exit);
        Assert.Contains("SOUS_Postgres is not set", none.Error, StringComparison.Ordinal);
    }

    private static async Task<object?> ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Token);
    }

    private static Task<(int Exit, string Output, string Error)> RestoreAsync(string database) => VerbProcess.RunAsync(["restore", "--database"], ("SOUS_Postgres", database));

    private static async Task AssertWorksAsync(string database)
    {
        await using var host = await StartAsync(database);
        Assert.Null(await host.Worker.Get<Adoption>().FindWaitingAsync(Token));
    }

    private static async Task<string> FeedOfAsync(string database)
    {
        await using var stores = await ClusterRoom.OpenAsync(database, StoreUse.Look, TimeProvider.System, Token);
        return stores.Feed!;
    }

    private static Task<RunningWorker> StartAsync(string database) => RunningWorker.StartAsync(("Postgres", database), ("MasterKey", s_master));
}
