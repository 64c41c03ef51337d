using System.Diagnostics;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs;

/// <summary>The walk of tests/stranger/run: from an empty folder to a driver that serves in a running host, by the packages and the command line alone.</summary>
public sealed class StrangerProof
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_the_packages_alone_a_stranger_makes_a_driver_that_is_dropped_into_a_running_host_and_serves()
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Tree.Root, "tests", "stranger", "run")]);
        start.Environment["SOUS_PACKED"] = "1";
        start.Environment["SOUS_HOST"] = Path.Combine(HostProcess.Folder, "Sous.Plugins.Host.dll");

        var walk = await CommandProcess.RunAsync(start, Token);

        Assert.True(walk.Exit == 0, walk.Output + walk.Error);
        TestContext.Current.TestOutputHelper?.WriteLine(walk.Output);
        Assert.EndsWith("140 sales and 45 items are in the feed", walk.Output, StringComparison.Ordinal);
    }
}
