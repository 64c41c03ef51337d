using System.Diagnostics;
using System.Text;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs;

/// <summary>What was released cannot be taken back: packing a contract that lacks some of it fails. It is packed as always, of an assembly in which a name was changed.</summary>
public sealed class ContractProof
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Sous.Plugins.Sdk", null, null)]
    [InlineData("Sous.Plugins.Sdk", "Negate", "error CP0002: Member 'Sous.Plugins.Sdk.Money Sous.Plugins.Sdk.Money.Negate()' exists on [Baseline]")]
    [InlineData("Sous.Plugins.Sdk", "IPushChannels", "error CP0001: Type 'Sous.Plugins.Sdk.Files.IPushChannels' exists on [Baseline]")]
    [InlineData("Sous.Plugins.Sdk", "mimeType", "error CP0017")]
    [InlineData("Sous.Plugins.Sdk.Testing", null, null)]
    [InlineData("Sous.Plugins.Sdk.Testing", "GradeAsync", "error CP0002: Member 'System.Threading.Tasks.Task<Sous.Plugins.Sdk.Testing.ConformanceCard> Sous.Plugins.Sdk.Testing.ConformanceSuite.GradeAsync(")]
    public async Task A_package_that_lacks_what_was_released_is_refused(string project, string? lost, string? refusal)
    {
        // Arrange
        var folder = Directory.CreateTempSubdirectory("sous-contract-").FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(Tree.Root, "artifacts", "bin", project, Tree.Configuration)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        if (lost is not null)
        {
            Rename(Path.Combine(folder, $"{project}.dll"), lost);
        }

        // Act
        var pack = await PackAsync(project, folder);

        // Assert
        Assert.True(pack.Exit == 0 == (refusal is null), pack.Output);
        Assert.Contains(refusal ?? "", pack.Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.Combine(folder, "packed"), $"{project}.*.nupkg"));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Changes the last letter of a name where the assembly keeps it, once for all that bear it.</summary>
    private static void Rename(string assembly, string name)
    {
        var bytes = File.ReadAllBytes(assembly);
        var at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\0{name}\0"));
        Assert.True(at >= 0, $"{assembly} has no {name}.");
        bytes[at + name.Length] = (byte)'Z';
        File.WriteAllBytes(assembly, bytes);
    }

    /// <summary>As the build packs; what it writes lies in the folder.</summary>
    private static Task<CommandProcess> PackAsync(string project, string folder)
    {
        string[] places = [$"OutDir={folder}/", $"PackageOutputPath={folder}/packed/", $"NuspecOutputPath={folder}/spec/", $"_ApiCompatValidatePackageSemaphoreFile={folder}/checked"];
        var start = new ProcessStartInfo("dotnet", ["msbuild", Path.Combine(Tree.Root, "sdk", project), "-nologo", "-verbosity:quiet", "-nodeReuse:false", "-target:Pack", "-property:NoBuild=true", $"-property:Configuration={Tree.Configuration}", .. places.Select(static place => $"-property:{place}")])
        {
            WorkingDirectory = Tree.Root,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        return CommandProcess.RunAsync(start, Token);
    }
}
