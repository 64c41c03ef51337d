using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Keys;

/// <summary>The master key changes by the command line, with a host running and without, and each start wants the key that the ring is under.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MasterKeyProof : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sous-master-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_master_key_changes_under_a_running_host_and_in_its_folder()
    {
        var (first, second, third) = (KeyFile("first"), KeyFile("second"), KeyFile("third"));
        await using (var host = HostProcess.Start(HostProcess.FreeAddress(), Data, Named(first)))
        {
            await host.ReadyAsync(Token);
            var refused = await RotateAsync(first);
            Assert.Equal((1, "", "A new key file is needed (--new-key-file): a key is generated only in place of a generated one."), (refused.Exit, refused.Output, refused.Error));

            var changed = await RotateAsync(first, "--new-key-file", second);
            Assert.Equal((0, ""), (changed.Exit, changed.Error));
            Assert.Equal($"Before the next start set SOUS_MasterKeyFile={second} and no SOUS_MasterKey: the former key opens this data folder no more.", changed.Output);
            using var client = host.Client();
            await client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "blue-door" }, Token);
            Assert.Equal(0, await host.StopAsync(Token));
        }

        await using (var former = HostProcess.Start(HostProcess.FreeAddress(), Data, Named(first)))
        {
            Assert.Equal(78, await former.WaitForExitAsync(Token));
            Assert.Contains("was wrapped by master key", former.Output, StringComparison.Ordinal);
        }

        // Offline; then once more, as one would whose verb was killed before it could tell how it ended.
        Assert.True((bool?)JsonNode.Parse((await RotateAsync(second, "--new-key-file", third, "--json")).Output)!["changed"]);
        Assert.False((bool?)JsonNode.Parse((await RotateAsync(second, "--new-key-file", third, "--json")).Output)!["changed"]);
        var neither = await RotateAsync(first, "--new-key-file", second);
        Assert.Equal((78, ""), (neither.Exit, neither.Output));

        await using var last = HostProcess.Start(HostProcess.FreeAddress(), Data, Named(third));
        await last.ReadyAsync(Token);
    }

    private static Dictionary<string, string?> Named(string file) => new() { ["MasterKeyFile"] = file };

    private Task<CommandProcess> RotateAsync(string presentKey, params string[] options) =>
        CommandProcess.RunAsync(Named(presentKey), Token, ["secrets", "rotate-master", "--data", Data, .. options]);

    private string KeyFile(string name)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
