using Microsoft.Build.Framework;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Testing.Rules;

namespace Sous.Plugins.Sdk.Build;

/// <summary>Holds a driver's folder, as its build has just made it, to what every host asks of it before it runs any code.</summary>
public sealed class CheckDriver : ITask
{
    private const string WrongManifest = "SOUS012";
    private const string OwnContract = "SOUS013";

    /// <summary>The build's output folder.</summary>
    [Required]
    public required string Folder { get; set; }

    /// <summary>The project's driver.json: what errors point at.</summary>
    [Required]
    public required string Manifest { get; set; }

    /// <summary>File name of the assembly that the project builds.</summary>
    [Required]
    public required string Assembly { get; set; }

    /// <summary>Where errors go; MSBuild sets it.</summary>
    public required IBuildEngine BuildEngine { get; set; }

    /// <summary>Unused; MSBuild sets it.</summary>
    public ITaskHost? HostObject { get; set; }

    /// <summary>Logs an error for each thing that a host would refuse.</summary>
    /// <returns>Whether there was none.</returns>
    public bool Execute()
    {
        var findings = new Findings([]);
        ManifestRule.Check(Folder, findings);
        if (findings.Sentences.Count == 0 && DriverManifest.Read(File.ReadAllBytes(Manifest)) is { } manifest && manifest.Assembly != Assembly)
        {
            findings.Add($"driver.json names {manifest.Assembly}, and this project builds {Assembly}.");
        }

        foreach (var sentence in findings.Sentences)
        {
            Log(WrongManifest, sentence);
        }

        var copies = Directory.GetFiles(Folder, "Sous.Plugins.Sdk.dll", SearchOption.AllDirectories);
        foreach (var copy in copies)
        {
            Log(OwnContract, $"{copy} is a copy of the contract, which would split its types: the host brings it. Delete it, and reference the SDK as a package, or as a project with Private=\"false\" and ExcludeAssets=\"runtime\".");
        }

        return findings.Sentences.Count + copies.Length == 0;
    }

    private void Log(string code, string sentence)
        => BuildEngine.LogErrorEvent(new BuildErrorEventArgs(null, code, Manifest, 0, 0, 0, 0, sentence, null, nameof(CheckDriver)));
}
