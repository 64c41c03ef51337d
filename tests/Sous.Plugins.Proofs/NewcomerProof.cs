using System.Diagnostics;
using System.Text.RegularExpressions;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs;

/// <summary>The README's own commands, as they stand in it, for who has nothing but the README: from the demo to an adopted copy.</summary>
[Collection(nameof(ClientProof))]
public sealed partial class NewcomerProof(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_readme_alone_leads_from_the_demo_to_a_feed_of_ones_own_and_a_copy_of_it()
    {
        // Arrange
        Assert.SkipUnless(ClientProof.OnPath("npm"), "NOT PROVEN HERE: there is no npm; on Debian: apt-get install nodejs npm.");
        var section = Section().Match(await File.ReadAllTextAsync(Path.Combine(Tree.Root, "README.md"), Token)).Value;
        var commands = string.Join("\n", Blocks().Matches(section).Select(static block => block.Groups[1].Value));
        var folder = Directory.CreateTempSubdirectory("sous-newcomer-").FullName;

        // What was built and installed for this run of the tests stays as it is, and the port is a free one.
        var script = commands
            .Replace("dotnet build\n", "", StringComparison.Ordinal)
            .Replace("npm ci --ignore-scripts && ", "", StringComparison.Ordinal)
            .Replace("/debug/", $"/{Tree.Configuration}/", StringComparison.Ordinal)
            .Replace("localhost:5080", $"localhost:{FreePort.Take()}", StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-c", $"set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n{script}"])
        {
            WorkingDirectory = Tree.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = folder;

        // Act
        using var walk = Process.Start(start)!;
        var (told, error) = (walk.StandardOutput.ReadToEndAsync(Token), walk.StandardError.ReadToEndAsync(Token));
        try
        {
            await walk.WaitForExitAsync(Token);
        }
        finally
        {
            walk.Kill(entireProcessTree: true);
        }

        // Assert
        var text = await told;
        output.WriteLine(text);
        Assert.True(walk.ExitCode == 0, $"{text}\n{await error}");
        Assert.Contains("\"code\":\"feed_reset\"", text, StringComparison.Ordinal);
        var read = Read().Matches(text).Select(static line => line.Value).ToList();
        Assert.True(read is [var before, var after] && before == after && before[0] != '0', $"The feed and its copy were read as: {string.Join(", ", read)}");
        Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex("^## An hour with it\n.*?(?=^## )", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Section();

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("\\d+ sales are in the feed")]
    private static partial Regex Read();
}
