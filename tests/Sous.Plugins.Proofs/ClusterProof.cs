using System.Security.Cryptography;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs;

/// <summary>What several hosts need is loaded by a host that is told of their database, from a folder beside it, and by no other.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ClusterProof : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("sous-cluster-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_host_on_its_data_folder_loads_none_of_it()
    {
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), _data, HostProcess.NoSettings);
        await host.ReadyAsync(Token);

        var mapped = await File.ReadAllTextAsync($"/proc/{host.Id}/maps", Token);

        Assert.Contains("LiteDB.dll", mapped, StringComparison.Ordinal);
        Assert.DoesNotContain("Npgsql", mapped, StringComparison.Ordinal);
        Assert.DoesNotContain("Host.Cluster", mapped, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_is_told_of_a_database_runs_on_it_and_tells_its_password_to_nobody()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        const string Password = "SOUSCANARY-postgres";
        var database = await (await PostgresServer.SharedAsync()).CreateAsync(null, Token);
        await using var host = HostProcess.Start(
            HostProcess.FreeAddress(),
            _data,
            new Dictionary<string, string?> { ["Postgres"] = $"{database};Password={Password}", ["MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) });
        await host.ReadyAsync(Token);

        using var client = host.Client();
        await client.PostAsync("api/v1/tenants", new System.Text.Json.Nodes.JsonObject { ["id"] = "t1" }, Token);

        Assert.Contains("cluster/Npgsql.dll", await File.ReadAllTextAsync($"/proc/{host.Id}/maps", Token), StringComparison.Ordinal);
        Assert.DoesNotContain(Password, await File.ReadAllTextAsync($"/proc/{host.Id}/environ", Token), StringComparison.Ordinal);
        Assert.DoesNotContain(Password, host.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_data, "registry.db")));
        Assert.Equal(0, await host.StopAsync(Token));
    }

    [Fact]
    public async Task A_host_whose_database_does_not_answer_yet_ends_so_that_a_service_manager_tries_again()
    {
        await using var host = HostProcess.Start(
            HostProcess.FreeAddress(),
            _data,
            new Dictionary<string, string?> { ["Postgres"] = "Host=127.0.0.1;Port=1;Username=kitchen", ["MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) });

        Assert.Equal(1, await host.WaitForExitAsync(Token));
        Assert.Contains("could not be used", host.Output, StringComparison.Ordinal);
    }
}
