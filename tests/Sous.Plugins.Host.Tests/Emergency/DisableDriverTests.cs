using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Tests.Cli;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Emergency;

/// <summary><c>emergency disable-driver</c>, while a host runs and while none does.</summary>
public sealed class DisableDriverTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => _temporary.File("data");

    private string Plugins => _temporary.File("plugins.json");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_driver_serves_no_more_at_once_where_a_host_runs_and_from_the_next_start_on_where_none_does()
    {
        var folder = Path.Combine(PluginsTree.Artifacts, "plugins");
        await File.WriteAllTextAsync(Plugins, $$"""{ "pluginsFolder": {{JsonSerializer.Serialize(folder)}}, "plugins": [ { "id": "square", "path": "Sous.Plugins.Square" }, { "id": "toast", "path": "Sous.Plugins.Toast" } ] }""", Token);
        string?[] states;
        (int Exit, string Output, string Error) online;
        await using (var worker = await StartAsync())
        {
            online = await VerbProcess.RunAsync(["emergency", "disable-driver", "square", "--data", Data]);
            states = await StatesAsync();
        }

        var offline = await VerbProcess.RunAsync(["emergency", "disable-driver", "toast", "--data", Data, "--plugins", Plugins]);
        var unknown = await VerbProcess.RunAsync(["emergency", "disable-driver", "nobody", "--data", Data, "--plugins", Plugins]);

        Assert.Equal((0, 0, 1), (online.Exit, offline.Exit, unknown.Exit));
        Assert.Equal(["disabled", "loaded"], states);
        Assert.All(PluginsFile.Read(Plugins).Entries, static entry => Assert.False(entry.Enabled));
        Assert.Equal([("cli", "square"), ("cli", "toast")], await AuditedAsync());
    }

    private Task<Worker> StartAsync() => Worker.StartAsync(
        new HostSettings { Urls = "http://127.0.0.1:0", Data = Data, Plugins = Plugins, Overrides = new Dictionary<string, string?> { ["LogLevel"] = "Error" } }, Token);

    private async Task<string?[]> StatesAsync()
    {
        var host = HostFile.Read(Data)!;
        using var client = new HttpClient { BaseAddress = host.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Key);
        var drivers = await client.GetFromJsonAsync<JsonElement>("/api/v1/drivers", Token);
        return [.. drivers.GetProperty("items").EnumerateArray().Where(row => row.GetProperty("id").GetString() is "square" or "toast")
            .OrderBy(row => row.GetProperty("id").GetString()).Select(row => row.GetProperty("state").GetString())];
    }

    private async Task<IEnumerable<(string, string?)>> AuditedAsync()
    {
        using var folder = DataFolder.Open(Data);
        await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
        return [.. (await registry.ListAsync(AuditEntry.Collection, "", Token)).Where(static entry => entry.Action == "emergency.driver_disabled").Select(static entry => (entry.Actor, entry.Target))];
    }
}
