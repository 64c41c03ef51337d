using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Tests.Cli;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Audit;

/// <summary><c>audit</c> on a data folder where no host runs.</summary>
public sealed class AuditVerbsTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task What_verbs_change_without_a_host_is_in_the_trail_and_what_is_taken_out_of_it_is_found()
    {
        await (await StartAsync()).DisposeAsync();

        var made = await VerbProcess.RunAsync(["keys", "create", "--scope", "admin", "--data", _data.Path]);
        var whole = await VerbProcess.RunAsync(["audit", "verify", "--data", _data.Path]);
        var listed = await VerbProcess.RunAsync(["audit", "list", "--data", _data.Path]);
        await TakeOutAsync(1);
        var broken = await VerbProcess.RunAsync(["audit", "verify", "--data", _data.Path]);
        var noHead = await VerbProcess.RunAsync(["audit", "verify", "--head", "12", "--data", _data.Path]);

        Assert.Equal((0, 0, 0), (made.Exit, whole.Exit, listed.Exit));
        Assert.Matches("^2:[0-9a-f]{64}$", whole.Output);
        Assert.Matches("cli .* key.created", listed.Output);
        Assert.Equal((3, "Entry 1: The entry was taken out."), (broken.Exit, broken.Output));
        Assert.Equal(2, noHead.Exit);
    }

    private Task<Worker> StartAsync() => Worker.StartAsync(
        new HostSettings
        {
            Urls = "http://127.0.0.1:0",
            Data = _data.Path,
            Plugins = Path.Combine(Path.GetDirectoryName(PluginsTree.Artifacts)!, "plugins.json"),
            Overrides = new Dictionary<string, string?> { ["LogLevel"] = "Error" },
        },
        Token);

    private async Task TakeOutAsync(long place)
    {
        using var folder = DataFolder.Open(_data.Path);
        await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
        await registry.WriteAsync(transaction => transaction.Delete(AuditEntry.Collection, AuditEntry.KeyOf(place)), Token);
    }
}
