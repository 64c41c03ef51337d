using System.Text.Json.Nodes;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs;

/// <summary>Verbs find the host that runs on a data folder, or a remote one, or work on the folder itself; what is wrong they say in the API's own sentence.</summary>
public sealed class CommandLineProof : IDisposable
{
    private static readonly Dictionary<string, string?> Key = new() { ["MasterKey"] = Convert.ToBase64String(new byte[32]) };

    private readonly string _data = Directory.CreateTempSubdirectory("sous-cli-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_verb_goes_through_the_host_that_runs_and_where_none_does_through_the_folder()
    {
        string made;
        await using (var host = HostProcess.Start(HostProcess.FreeAddress(), _data, Key))
        {
            await host.ReadyAsync(Token);

            var create = await OnFolderAsync("keys", "create", "--scope", "admin", "--name", "from afar");
            Assert.Equal((0, ""), (create.Exit, create.Error));
            made = create.Output;
            Assert.StartsWith("sous_", made, StringComparison.Ordinal);

            // The very key that was made opens the host as a remote one.
            var list = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "keys", "list", "--json", "--url", host.Address.AbsoluteUri, "--key", made);
            Assert.Equal((0, ""), (list.Exit, list.Error));
            Assert.Contains("from afar", Names(list));

            var refused = await OnFolderAsync("keys", "create", "--scope", "tenant:nobody");
            Assert.Equal((1, "", "There is no tenant 'nobody'."), (refused.Exit, refused.Output, refused.Error));

            var unknown = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "keys", "list", "--url", host.Address.AbsoluteUri, "--key", "wrong");
            Assert.Equal((1, "", "The host does not take this key: it is unknown, has expired or was revoked. See --key."), (unknown.Exit, unknown.Output, unknown.Error));

            // A killed host leaves its host.json behind.
            await host.KillAsync();
        }

        Assert.NotNull(HostFile.Read(_data));
        var offline = await OnFolderAsync("keys", "list", "--json");
        Assert.Equal((0, ""), (offline.Exit, offline.Error));
        Assert.Contains("from afar", Names(offline));

        var again = await OnFolderAsync("keys", "create", "--scope", "tenant:nobody");
        Assert.Equal((1, "", "There is no tenant 'nobody'."), (again.Exit, again.Output, again.Error));

        var id = made.Split('_')[1];
        Assert.Equal((0, "", ""), Ends(await OnFolderAsync("keys", "revoke", id)));
        Assert.DoesNotContain("from afar", Names(await OnFolderAsync("keys", "list", "--json")));
        Assert.Contains("admin", (await OnFolderAsync("keys", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_itself_is_opened_only_past_the_boot_gate_and_stays_as_it_was_otherwise()
    {
        await using (var host = HostProcess.Start(HostProcess.FreeAddress(), _data, Key))
        {
            await host.ReadyAsync(Token);
            Assert.Equal(0, await host.StopAsync(Token));
        }

        var before = await File.ReadAllBytesAsync(Path.Combine(_data, "registry.db"), Token);
        var other = new Dictionary<string, string?> { ["MasterKey"] = Convert.ToBase64String(Enumerable.Repeat((byte)9, 32).ToArray()) };

        var refused = await CommandProcess.RunAsync(other, Token, "keys", "create", "--scope", "admin", "--data", _data);

        Assert.Equal((78, ""), (refused.Exit, refused.Output));
        Assert.Contains("was wrapped by master key", refused.Error, StringComparison.Ordinal);
        Assert.Single(refused.Error.Split('\n'));
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(_data, "registry.db"), Token));
    }

    [Theory]
    [InlineData(2, "--url and --key go together", "--url", "http://localhost:5080")]
    [InlineData(2, "is not an address", "--url", "localhost", "--key", "x")]
    [InlineData(1, "The host does not answer", "--url", "http://127.0.0.1:9", "--key", "x")]
    [InlineData(1, "it holds no registry", "--data", "/nonexistent/sous")]
    public async Task A_host_that_cannot_be_found_is_said_in_one_sentence(int exit, string sentence, params string[] options)
    {
        var refused = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["keys", "list", .. options]);

        Assert.Equal((exit, ""), (refused.Exit, refused.Output));
        Assert.Contains(sentence, refused.Error, StringComparison.Ordinal);
        Assert.Single(refused.Error.Split('\n'));
    }

    private static (int Exit, string Output, string Error) Ends(CommandProcess command) => (command.Exit, command.Output, command.Error);

    private static IEnumerable<string?> Names(CommandProcess list) => JsonNode.Parse(list.Output)!["items"]!.AsArray().Select(key => (string?)key!["name"]);

    private Task<CommandProcess> OnFolderAsync(params string[] arguments) => CommandProcess.RunAsync(Key, Token, [.. arguments, "--data", _data]);
}
