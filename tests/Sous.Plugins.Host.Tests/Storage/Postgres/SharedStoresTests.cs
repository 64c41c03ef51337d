using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Cluster;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

/// <summary>A whole host on a database.</summary>
public sealed class SharedStoresTests : IAsyncLifetime
{
    private static readonly string s_master = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private readonly TemporaryFolder _data = new();
    private FreshDatabase _fresh = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _fresh = await FreshDatabase.EmptyAsync();

    public async ValueTask DisposeAsync()
    {
        await _fresh.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task A_host_keeps_all_in_the_database_and_the_next_one_finds_it_there()
    {
        await using (var first = await StartAsync())
        {
            await first.PostAsync("/api/v1/tenants", new { id = "t1", name = "Bistro" }, HttpStatusCode.Created);
            var folder = first.Worker.Get<DataFolder>();
            Assert.Equal((false, false), (File.Exists(folder.RegistryFile), File.Exists(folder.ChangesFile)));
        }

        await using var next = await StartAsync();
        Assert.Equal("t1", Assert.Single((await GetAsync(next, "/api/v1/tenants")).GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Array, (await GetAsync(next, "/api/v1/tenants/t1/changes")).GetProperty("changes").ValueKind);
    }

    [Fact]
    public async Task A_second_host_does_not_start_until_the_first_is_gone()
    {
        var first = await ClusterRoom.OpenAsync(_fresh.ConnectionString, StoreUse.Work, TimeProvider.System, Token);
        var refused = await Assert.ThrowsAsync<StorageException>(() => ClusterRoom.OpenAsync(_fresh.ConnectionString, StoreUse.Work, TimeProvider.System, Token));
        var waits = ClusterRoom.OpenAsync(_fresh.ConnectionString, StoreUse.Work, TimeProvider.System, Token);

        await first.DisposeAsync();

        await (await waits).DisposeAsync();
        Assert.True(refused.IsTaken);
        Assert.Contains("Another host works on the database", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_doctor_looks_into_the_database_and_a_backup_is_the_databases_own()
    {
        await using var host = await StartAsync();

        var found = (await GetAsync(host, "/api/v1/doctor")).GetProperty("items").EnumerateArray().ToList();
        using var backup = await host.Admin.GetAsync("/api/v1/backup", Token);

        Assert.EndsWith(" answer.", found.Single(static one => one.GetProperty("check").GetString() == "stores").GetProperty("says").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(found, static one => one.GetProperty("state").GetString() == "failed");
        Assert.Equal(HttpStatusCode.Conflict, backup.StatusCode);
    }

    [Fact]
    public async Task Keys_that_do_not_open_the_database_forbid_the_start()
    {
        await (await StartAsync()).DisposeAsync();

        var none = await Assert.ThrowsAsync<BootGateException>(() => CheckAsync(null));
        var other = await Assert.ThrowsAsync<BootGateException>(() => CheckAsync(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
        await CheckAsync(s_master);
        await _fresh.ExecuteAsync($"DELETE FROM documents WHERE collection = '{Canary.Collection.Name}'");
        var altered = await Assert.ThrowsAsync<BootGateException>(() => CheckAsync(s_master));
        await File.WriteAllTextAsync(_data.File("registry.db"), "", Token);
        var left = await Assert.ThrowsAsync<BootGateException>(() => CheckAsync(s_master));

        Assert.Contains("share a master key", none.Message, StringComparison.Ordinal);
        Assert.Contains("was wrapped by master key", other.Message, StringComparison.Ordinal);
        Assert.Contains("canary", altered.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("would be left behind", left.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MasterKey", null, typeof(BootGateException))]
    [InlineData("MasterKey", "c2hvcnQ=", typeof(BootGateException))]
    [InlineData("Syncing:MaxConcurrentRuns", "0", typeof(OptionsValidationException))]
    public async Task A_host_that_may_not_start_has_written_nothing(string setting, string? value, Type refusal)
    {
        var overrides = new Dictionary<string, string?> { ["Postgres"] = _fresh.ConnectionString, ["MasterKey"] = s_master, ["LogLevel"] = "Error", [setting] = value };

        await Assert.ThrowsAsync(refusal, () => Worker.StartAsync(new HostSettings { Data = _data.Path, Urls = "http://localhost:1", Overrides = overrides }, Token));

        Assert.Equal(true, await _fresh.ExecuteAsync("SELECT to_regnamespace('sous_plugins') IS NULL"));
    }

    [Fact]
    public async Task Keys_are_judged_by_one_moment_whatever_is_written_meanwhile()
    {
        await using var host = await StartAsync();
        var stores = host.Worker.Get<SharedStores>();
        var credentials = host.Worker.Get<CredentialStore>();
        var version = 0L;
        await using var busy = new BusyRegistry(stores.Registry, async () => await credentials.SaveAsync(Material(), version++, Token));

        await CheckAsync(stores with { IsFresh = false, Registry = busy }, s_master);

        Assert.NotEqual(0, version);
    }

    [Fact]
    public async Task A_host_that_loses_its_hold_on_the_database_stops_and_does_not_say_that_it_was_told_to()
    {
        await using var host = await StartAsync();
        var stops = host.Worker.WaitForShutdownAsync(Token);
        Assert.False(stops.IsCompleted);

        await _fresh.EndHoldAsync();

        Assert.False(await stops);
    }

    [Fact]
    public async Task Days_are_summed_with_the_one_connection_that_reads_their_sales()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        await test.CommitAsync(Sales.Make("a", 5));
        await using var database = await PostgresDatabase.OpenAsync($"{_fresh.ConnectionString};Database={test.Database.Name};Maximum Pool Size=1;Timeout=1", Token);
        await using var registry = new PostgresRegistry(database);
        await using var changes = new PostgresChangeStore(database, new PostgresOutbox(database), TimeProvider.System);
        await changes.OpenAsync(Token);

        var days = await new DayBook(changes, registry).ReadAsync(new SalesQuery(StoreUnderTest.Tenant, null, null, Sales.Day, Sales.Day, null), Token);

        Assert.Equal(5, Assert.Single(days).Net.Minor);
    }

    private static CredentialMaterial Material() => new()
    {
        Connection = new ConnectionId("con_1"),
        Tenant = new TenantId("t1"),
        Secrets = new CredentialSecrets { AccessToken = new Secret("SOUSCANARY-access") },
        ObtainedAt = Sales.Noon,
    };

    private async Task CheckAsync(string? master)
    {
        await using var stores = await ClusterRoom.OpenAsync(_fresh.ConnectionString, StoreUse.Work, TimeProvider.System, Token);
        await CheckAsync(stores, master);
    }

    private async Task CheckAsync(SharedStores stores, string? master)
    {
        using var folder = DataFolder.Open(_data.Path);
        await BootGate.CheckAsync(stores, folder, new ConfigurationBuilder().AddInMemoryCollection([new("MasterKey", master)]).Build(), TimeProvider.System, Token);
    }

    private Task<RunningWorker> StartAsync() => RunningWorker.StartAsync(("Postgres", _fresh.ConnectionString), ("MasterKey", s_master));

    /// <summary>A registry in which something is written after each look.</summary>
    private sealed class BusyRegistry(IRegistry registry, Func<Task> writeAsync) : IRegistry
    {
        public async ValueTask<T?> FindAsync<T>(RegistryCollection<T> collection, string key, CancellationToken cancellationToken)
            where T : class
        {
            var found = await registry.FindAsync(collection, key, cancellationToken);
            await writeAsync();
            return found;
        }

        public async ValueTask<IReadOnlyList<T>> ListAsync<T>(RegistryCollection<T> collection, string keyPrefix, CancellationToken cancellationToken)
            where T : class
        {
            var found = await registry.ListAsync(collection, keyPrefix, cancellationToken);
            await writeAsync();
            return found;
        }

        public async Task<TResult> WriteAsync<TResult>(Func<IRegistryTransaction, TResult> work, CancellationToken cancellationToken)
        {
            var result = await registry.WriteAsync(work, cancellationToken);
            await writeAsync();
            return result;
        }

        public Task CompactAsync(CancellationToken cancellationToken) => registry.CompactAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private static async Task<JsonElement> GetAsync(RunningWorker host, string path)
    {
        using var response = await host.Admin.GetAsync(path, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
