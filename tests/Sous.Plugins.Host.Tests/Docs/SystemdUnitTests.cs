using System.Diagnostics;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Docs;

/// <summary>The unit that host/README.md installs.</summary>
public sealed class SystemdUnitTests
{
    private const string Verifier = "/usr/bin/systemd-analyze";

    private static readonly string s_unit = Path.Combine(Path.GetDirectoryName(PluginsTree.Artifacts)!, "host", "deploy", "sous-plugins.service");

    [Fact]
    public void The_unit_forbids_nothing_that_the_runtime_needs()
        => Assert.DoesNotContain(File.ReadAllLines(s_unit), static line => line.StartsWith("MemoryDenyWriteExecute", StringComparison.Ordinal) || line.StartsWith("SystemCallFilter=~", StringComparison.Ordinal));

    [Fact]
    public async Task Systemd_finds_nothing_wrong_with_it_and_little_that_it_leaves_open()
    {
        Assert.SkipUnless(File.Exists(Verifier), $"{Verifier} is not there.");
        using var folder = new TemporaryFolder();
        var copy = Path.Combine(folder.Path, "sous-plugins.service");
        // What it starts is looked for.
        File.WriteAllText(copy, File.ReadAllText(s_unit).Replace("/opt/sous-plugins/Sous.Plugins.Host", "/bin/true", StringComparison.Ordinal));

        Assert.Equal((0, ""), await RunAsync("verify", "--man=no", copy));
        // Tenths, of the hundred that a service has which is left as it is.
        Assert.Equal(0, (await RunAsync("security", "--offline=true", "--threshold=20", copy)).ExitCode);
    }

    private static async Task<(int ExitCode, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Verifier, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        _ = await output;
        return (process.ExitCode, errors);
    }
}
