using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Storage.Postgres;

namespace Sous.Plugins.Host.Tests.Drivers.Sharing;

/// <summary>Two machines, each with a plugins.json, plugins and a data folder of its own, whose hosts work on one database, one after the other.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SharedEntriesTests : IAsyncLifetime
{
    private static readonly string s_master = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private readonly PluginsTree _one = new();
    private readonly PluginsTree _other = new();
    private FreshDatabase _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await FreshDatabase.EmptyAsync();
        _one.List();
        _other.List();
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _one.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task A_host_that_lacks_a_driver_fetches_the_very_bytes_that_the_one_before_worked_with()
    {
        Lay(_one, "1.0.0", """, "limits": { "sessions": 7 }, "settings": { "greeting": "hello", /* to whoever comes */ }""");
        var (_, was) = await RunAsync(_one);

        var (audit, row) = await RunAsync(_other, static worker => worker.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token).AsTask());

        Assert.Equal((DriverState.Loaded, was.Sha256, "1.0.0"), (row.State, row.Sha256, row.Version));
        Assert.Equal((7, "hello"), (row.Generations[0].MaxSessions, row.Generations[0].Settings!.Value.GetProperty("greeting").GetString()));
        Assert.Empty(Directory.GetDirectories(_other.Folder));
        Assert.Equal($"version 1.0.0, {was.Sha256}", Assert.Single(audit, static entry => entry.Action == "plugin.shared").Detail);
    }

    [Fact]
    public async Task What_the_hosts_replaced_does_not_come_back_with_one_that_is_behind()
    {
        Lay(_one, "1.0.0");
        Lay(_other, "1.0.0");
        await RunAsync(_one);
        await RunAsync(_other);
        Lay(_one, "1.1.0");
        await RunAsync(_one);

        Assert.Equal("1.1.0", (await RunAsync(_other)).Row.Version);
    }

    [Fact]
    public async Task A_host_that_has_never_worked_is_known_to_be_behind_by_what_the_others_had()
    {
        Lay(_one, "1.0.0");
        await RunAsync(_one);
        Lay(_one, "1.1.0");
        await RunAsync(_one);
        Lay(_other, "1.0.0");

        Assert.Equal("1.1.0", (await RunAsync(_other)).Row.Version);
    }

    [Fact]
    public async Task What_an_operator_brings_or_goes_back_to_on_one_host_all_have()
    {
        Lay(_one, "1.0.0");
        await RunAsync(_one);
        Lay(_other, "1.1.0");
        Assert.Equal("1.1.0", (await RunAsync(_other)).Row.Version);
        Assert.Equal("1.1.0", (await RunAsync(_one)).Row.Version);

        Lay(_other, "1.0.0");
        Assert.Equal("1.0.0", (await RunAsync(_other)).Row.Version);
        Assert.Equal("1.0.0", (await RunAsync(_one)).Row.Version);
    }

    [Fact]
    public async Task Pinned_on_a_host_that_is_behind_its_own_version_serves_on_all()
    {
        Lay(_one, "1.0.0");
        Lay(_other, "1.0.0");
        await RunAsync(_other);
        Lay(_one, "1.1.0");
        await RunAsync(_one);

        var (pinned, _) = await RunAsync(_other, static worker => PostAsync(worker, "pin"));

        Assert.Equal("1.0.0", (string?)pinned["version"]);
        Assert.Equal("1.0.0", (await RunAsync(_one)).Row.Version);
    }

    [Fact]
    public async Task A_driver_that_was_disabled_stays_so_on_a_host_whose_own_file_has_it_enabled_until_it_is_enabled_there()
    {
        Lay(_one, "1.0.0");
        Lay(_other, "1.0.0");
        await RunAsync(_one, static worker => PostAsync(worker, "disable"));

        // Neither the same file, nor another one, nor other bytes let it serve.
        var (_, disabled) = await RunAsync(_other);
        Lay(_other, "1.1.0", """, "settings": { "greeting": "hello" }""");
        var (_, replaced) = await RunAsync(_other);
        var (enabled, _) = await RunAsync(_one, static worker => PostAsync(worker, "enable"));
        var (_, after) = await RunAsync(_other);

        Assert.Equal((DriverState.Disabled, DriverState.Disabled), (disabled.State, replaced.State));
        Assert.Contains("disabled it on all hosts", disabled.Reason, StringComparison.Ordinal);
        Assert.Equal(("loaded", "1.1.0"), ((string?)enabled["state"], (string?)enabled["version"]));
        Assert.Equal((DriverState.Loaded, "hello"), (after.State, after.Generations[0].Settings!.Value.GetProperty("greeting").GetString()));
    }

    [Fact]
    public async Task What_was_taken_out_of_the_file_of_the_host_that_worked_is_gone_from_all_until_it_is_listed_anew()
    {
        Lay(_one, "1.0.0");
        Lay(_other, "1.0.0");
        await RunAsync(_other);
        await RunAsync(_one);
        _one.List();

        await RunAsync(_one);
        var (_, there) = await RunAsync(_other);
        Lay(_one, "1.0.0");
        var (_, here) = await RunAsync(_one);

        Assert.Equal(DriverState.Disabled, there.State);
        Assert.Contains("taken out of plugins.json on another host", there.Reason, StringComparison.Ordinal);
        Assert.Equal(DriverState.Loaded, here.State);
        Assert.Equal(DriverState.Loaded, (await RunAsync(_other)).Row.State);
    }

    [Fact]
    public async Task What_was_taken_out_elsewhere_is_enabled_again_and_what_was_disabled_before_stays_so()
    {
        Lay(_one, "1.0.0");
        Lay(_other, "1.0.0");
        await RunAsync(_other);
        await RunAsync(_one, static worker => PostAsync(worker, "disable"));
        _one.List();
        await RunAsync(_one);

        Lay(_one, "1.1.0");
        var (_, brought) = await RunAsync(_one);
        _one.List();
        await RunAsync(_one);
        var (enabled, _) = await RunAsync(_other, static worker => PostAsync(worker, "enable"));

        Assert.Equal(DriverState.Disabled, brought.State);
        Assert.Equal("loaded", (string?)enabled["state"]);
    }

    [Fact]
    public async Task A_host_that_cannot_get_the_bytes_lets_no_older_ones_serve_however_often_it_starts()
    {
        Lay(_one, "1.0.0");
        await RunAsync(_one);
        Lay(_one, "1.1.0");
        await RunAsync(_one);
        await _database.ExecuteAsync("DELETE FROM driver_builds");
        Lay(_other, "1.0.0");

        var (_, first) = await RunAsync(_other);
        var (_, second) = await RunAsync(_other);

        Assert.Equal((DriverState.Refused, DriverState.Refused), (first.State, second.State));
        Assert.Contains("neither the database", first.Reason, StringComparison.Ordinal);
        Assert.Equal("1.1.0", (await RunAsync(_one)).Row.Version);
        Assert.Equal("1.1.0", (await RunAsync(_other)).Row.Version);
    }

    [Fact]
    public async Task Where_what_lies_there_is_no_driver_what_the_hosts_share_serves()
    {
        Lay(_one, "1.0.0");
        await RunAsync(_one);
        Lay(_other, "1.1.0");
        File.WriteAllBytes(Path.Combine(_other.Folder, "good-1.1.0", "Fixture.Good.dll"), [1, 2, 3]);

        var (_, row) = await RunAsync(_other);
        // It is no leftover, and says so again.
        var (_, again) = await RunAsync(_other);

        Assert.Equal((DriverState.Loaded, "1.0.0"), (row.State, row.Version));
        Assert.Contains("Fixture.Good.dll is not a .NET assembly", row.Reason, StringComparison.Ordinal);
        Assert.Equal(row.Reason, again.Reason);
    }

    [Fact]
    public async Task Bytes_that_the_hosts_replaced_are_behind_whatever_their_settings_say()
    {
        Lay(_one, "1.0.0");
        await RunAsync(_one);
        Lay(_one, "1.1.0");
        await RunAsync(_one);
        Lay(_other, "1.0.0", """, "limits": { "sessions": 4 }""");

        Assert.Equal("1.1.0", (await RunAsync(_other)).Row.Version);
    }

    [Fact]
    public async Task Whoever_may_write_in_the_database_alone_has_a_host_run_no_other_code()
    {
        Lay(_one, "1.0.0");
        var (_, was) = await RunAsync(_one);

        // Other bytes under the hash that the hosts share.
        await _database.ExecuteAsync("UPDATE driver_builds SET package = '\\x504b0506000000000000000000000000000000000000'");
        var (_, spoiled) = await RunAsync(_other);
        // Another hash.
        await _database.ExecuteAsync($"UPDATE documents SET body = replace(body, '{was.Sha256}', '{new string('0', 64)}') WHERE collection = 'shared_entries'");
        var (_, unlisted) = await RunAsync(_other);

        Assert.Equal(DriverState.Refused, spoiled.State);
        Assert.Contains("The package holds no plugin", spoiled.Reason, StringComparison.Ordinal);
        Assert.Equal(DriverState.Refused, unlisted.State);
        var (_, refused) = await RunAsync(_one);
        Assert.Equal(DriverState.Refused, refused.State);
        Assert.Contains("was not written by a host", refused.Reason, StringComparison.Ordinal);
        Assert.Equal("loaded", (string?)(await RunAsync(_one, static worker => PostAsync(worker, "pin"))).Result["state"]);
        Assert.Equal(DriverState.Loaded, (await RunAsync(_other)).Row.State);
    }

    /// <summary>Has the machine's plugins.json name a version of the driver that lies there.</summary>
    private static void Lay(PluginsTree machine, string version, string more = "")
    {
        var name = $"good-{version}";
        if (!Directory.Exists(Path.Combine(machine.Folder, name)))
        {
            var manifest = Path.Combine(machine.Add("Good", name), "driver.json");
            var json = JsonNode.Parse(File.ReadAllText(manifest))!;
            json["version"] = version;
            File.WriteAllText(manifest, json.ToJsonString());
        }

        machine.List(PluginsTree.Entry("good", name, more));
    }

    private Task<(bool Done, DriverRow Row)> RunAsync(PluginsTree machine) => RunAsync(machine, static _ => Task.FromResult(true));

    /// <summary>Starts the machine's host, and stops it.</summary>
    /// <returns>What came of the act, and how the driver stood after it; null where there is none.</returns>
    private async Task<(T Result, DriverRow Row)> RunAsync<T>(PluginsTree machine, Func<Worker, Task<T>> act)
    {
        await using var worker = await Worker.StartAsync(
            new HostSettings
            {
                Urls = RunningWorker.FreeAddress().GetLeftPart(UriPartial.Authority),
                Data = machine.Data,
                Plugins = machine.File,
                Overrides = new Dictionary<string, string?> { ["Postgres"] = _database.ConnectionString, ["MasterKey"] = s_master, ["LogLevel"] = "Error" },
            },
            Token);
        var result = await act(worker);
        return (result, worker.Get<DriverCatalog>().Rows.FirstOrDefault(static row => row.Id.Value == "good")!);
    }

    private static async Task<JsonNode> PostAsync(Worker worker, string verb)
    {
        var file = HostFile.Read(worker.Get<DataFolder>().Path)!;
        using var http = new HttpClient { BaseAddress = file.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", file.Key) } };
        using var answer = await http.PostAsync($"api/v1/drivers/good/{verb}", null, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }
}
