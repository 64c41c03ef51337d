using System.Diagnostics;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary>A driver's project and its sample service as the template gives them, under the name Acme, with the packages of this tree alone.</summary>
internal sealed class TemplateProject : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("sous-author-").FullName;

    public TemplateProject()
    {
        var template = Path.Combine(Tree.Root, "sdk", "Sous.Plugins.Templates", "driver");
        foreach (var file in Directory.EnumerateFiles(template, "*", SearchOption.AllDirectories).Where(static file => IsWanted(file)))
        {
            var target = Path.Combine(_root, Named(Path.GetRelativePath(template, file)));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllText(target, Named(File.ReadAllText(file)));
        }

        // As in tests/stranger/run: unpacked anew, since of one version a machine keeps the first that it saw.
        var machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Directory.CreateDirectory(machine);
        File.WriteAllText(Path.Combine(_root, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <fallbackPackageFolders><add key="machine" value="{machine}" /></fallbackPackageFolders>
              <packageSources><clear /><add key="sous" value="{Path.Combine(Tree.Root, "artifacts", "packages")}" /></packageSources>
            </configuration>
            """);
    }

    public string Folder => Path.Combine(_root, "src", "Acme");

    public string Sample => Path.Combine(_root, "sample", "Acme.Sample", "bin", "Debug", "net10.0", "Acme.Sample.dll");

    public async Task BuildSampleAsync(CancellationToken cancellationToken)
    {
        var build = await CommandProcess.RunAsync(new ProcessStartInfo("dotnet", ["build", Path.Combine(_root, "sample", "Acme.Sample"), "--nologo", "--verbosity", "quiet", "-nodeReuse:false"]), cancellationToken);
        Assert.True(build.Exit == 0, build.Output);
    }

    /// <summary>Saves a source with one thing in it changed.</summary>
    public void Edit(string file, string old, string now)
    {
        var path = Path.Combine(Folder, file);
        var text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, now, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static bool IsWanted(string file)
        => !file.Contains(".template.config", StringComparison.Ordinal) && !file.Contains(Path.Combine("driver", "tests"), StringComparison.Ordinal) && !file.EndsWith(".slnx", StringComparison.Ordinal);

    private static string Named(string text) => text
        .Replace("Acme-1", "Acme", StringComparison.Ordinal).Replace("Acme_1", "Acme", StringComparison.Ordinal)
        .Replace("acme-id", "acme", StringComparison.Ordinal).Replace("acme_id", "acme", StringComparison.Ordinal);
}
