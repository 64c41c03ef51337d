using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>Judges a plugin's folder without running, or mapping, any of its code.</summary>
internal static class Preflight
{
    /// <summary>Every reason not to load what lies in the folder. Never throws for what lies there.</summary>
    public static PreflightResult Check(string folder)
    {
        var findings = new List<Finding>();
        DriverManifest? manifest = null;
        DriverCard? card = null;
        try
        {
            manifest = ManifestCheck.Read(folder, findings);
            if (manifest is not null)
            {
                CheckAssembly(folder, manifest, findings);
                card = CardFile.Read(folder, manifest);
            }
        }
        catch (Exception e)
        {
            // Metadata readers meet hostile bytes with whatever exception the bytes lead them to.
            findings.Add(new($"The folder {folder} cannot be read as a plugin: {e.Message}", "Build or install the plugin again."));
        }

        return new PreflightResult(manifest, card, findings);
    }

    private static void CheckAssembly(string folder, DriverManifest manifest, List<Finding> findings)
    {
        var path = Path.Combine(folder, manifest.Assembly);
        if (!File.Exists(path))
        {
            findings.Add(new($"{manifest.Assembly}, which driver.json names, is not in the folder.", "Copy the driver's whole build output there."));
            return;
        }

        using var file = ManagedFile.TryOpen(path, out var reason);
        if (file is null)
        {
            findings.Add(new($"{manifest.Assembly} {reason}.", "Build or install the plugin again."));
            return;
        }

        AssemblyCheck.Check(file, manifest, findings);
        ReferenceCheck.Check(folder, file, findings);
    }
}
