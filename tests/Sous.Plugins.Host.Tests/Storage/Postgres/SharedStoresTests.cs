using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Sous.Plugins.Host.Cluster;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;

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
        var first = await ClusterRoom.OpenAsync(_fresh.ConnectionString, TimeProvider.System, Token);
        var refused = await Assert.ThrowsAsync<StorageException>(() => ClusterRoom.OpenAsync(_fresh.ConnectionString, TimeProvider.System, Token));
        var waits = ClusterRoom.OpenAsync(_fresh.ConnectionString, TimeProvider.System, Token);

        await first.DisposeAsync();

        await (await waits).DisposeAsync();
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

    private async Task CheckAsync(string? master)
    {
        await using var stores = await ClusterRoom.OpenAsync(_fresh.ConnectionString, TimeProvider.System, Token);
        using var folder = DataFolder.Open(_data.Path);
        await BootGate.CheckAsync(stores, folder, new ConfigurationBuilder().AddInMemoryCollection([new("MasterKey", master)]).Build(), TimeProvider.System, Token);
    }

    private Task<RunningWorker> StartAsync() => RunningWorker.StartAsync(("Postgres", _fresh.ConnectionString), ("MasterKey", s_master));

    private static async Task<JsonElement> GetAsync(RunningWorker host, string path)
    {
        using var response = await host.Admin.GetAsync(path, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
