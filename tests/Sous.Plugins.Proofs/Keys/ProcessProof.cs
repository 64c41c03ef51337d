using System.Diagnostics;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Keys;

/// <summary>Threat T8: another process of the host's own user reads neither its environment nor its memory, and a secret is not left in the environment for root either.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ProcessProof : IDisposable
{
    private const string Nobody = "65534";

    private static readonly string MasterKey = Convert.ToBase64String(Enumerable.Repeat((byte)5, 32).ToArray());

    private readonly string _folder = Directory.CreateTempSubdirectory("sous-process-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Who_is_the_same_user_reads_neither_environment_nor_memory()
    {
        // Root reads everything: as root, host and reader are both run as nobody.
        string[] asUser = Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"] : [];
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_111_111);
        var dll = Path.Combine(HostProcess.Folder, "Sous.Plugins.Host.dll");
        Assert.SkipUnless((await RunAsync([.. asUser, "test", "-r", dll])).Exit == 0, $"NOT PROVEN HERE: user {Nobody} cannot read {dll}.");

        using var host = StartHost(asUser, dll);
        using var other = Start([.. asUser, "sleep", "1000"]);
        try
        {
            await WaitUntilReadyAsync();

            var (environment, memory) = ($"/proc/{host.Id}/environ", $"/proc/{host.Id}/mem");
            foreach (var file in (string[])[environment, memory])
            {
                var (exit, output) = await RunAsync([.. asUser, "head", "-c", "0", file]);
                Assert.NotEqual(0, exit);
                Assert.Contains("Permission denied", output, StringComparison.Ordinal);
            }

            // The reader is one that can read: of a process that is not hardened it gets the very same file.
            Assert.Contains(MasterKey, (await RunAsync([.. asUser, "cat", $"/proc/{other.Id}/environ"])).Output, StringComparison.Ordinal);
        }
        finally
        {
            host.Kill();
            other.Kill();
        }
    }

    [Fact]
    public async Task The_master_key_and_client_secrets_do_not_stay_in_the_environment()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "NOT PROVEN HERE: only root can look.");
        await using var host = HostProcess.Start(
            HostProcess.FreeAddress(), Path.Combine(_folder, "data"), new Dictionary<string, string?> { ["MasterKey"] = MasterKey, ["Clients:square:ClientSecret"] = "SOUSCANARY", ["LogLevel"] = "Error" });
        await host.ReadyAsync(Token);

        var environment = await File.ReadAllTextAsync($"/proc/{host.Id}/environ", Token);

        Assert.Contains("SOUS_LogLevel=Error", environment, StringComparison.Ordinal);
        Assert.DoesNotContain(MasterKey, environment, StringComparison.Ordinal);
        Assert.DoesNotContain("SOUSCANARY", environment, StringComparison.Ordinal);
        Assert.Equal(0, await host.StopAsync(Token));
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Tree.Root };
        start.Environment["SOUS_MasterKey"] = MasterKey;
        return Process.Start(start)!;
    }

    private static async Task<(int Exit, string Output)> RunAsync(string[] command)
    {
        using var process = Start(command);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output + await error);
    }

    private Process StartHost(string[] asUser, string dll)
    {
        var address = HostProcess.FreeAddress();
        var process = Start([.. asUser, "dotnet", dll, "run", "--urls", address.GetLeftPart(UriPartial.Authority), "--data", Path.Combine(_folder, "data")]);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task WaitUntilReadyAsync()
    {
        // The host writes it once it listens; from outside there is no other signal.
        while (!File.Exists(Path.Combine(_folder, "data", "host.json")))
        {
            await Task.Delay(20, Token);
        }
    }
}
