using System.Globalization;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether there is room for what comes.</summary>
internal sealed class DiskCheck(DataFolder folder) : ICheck
{
    private const long MiB = 1 << 20;
    private const long Least = 100 * MiB;
    private const long Enough = 1024 * MiB;

    public static string Name => "disk";

    public static string Remedy => "Make room on that disk, or move the data folder to a larger one (--data).";

    public ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        // Of a folder that is not there yet, the first above it that is.
        var there = folder.Path;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } above)
        {
            there = above;
        }

        var free = new DriveInfo(there).AvailableFreeSpace;
        var stored = SizeOf(folder.RegistryFile) + SizeOf(folder.ChangesFile);
        var says = string.Create(CultureInfo.InvariantCulture, $"{free / MiB:N0} MiB are free for {folder.Path}, where the stores take {stored / MiB:N0} MiB.");
        return ValueTask.FromResult<IReadOnlyList<Diagnosis>>(
        [
            free < Least ? Diagnosis.Failed(Name, says, Remedy)
                : free < Math.Max(Enough, stored) ? Diagnosis.Warning(Name, $"{says} A backup beside them, or a busy day, may fill it.", Remedy)
                : Diagnosis.Ok(Name, says),
        ]);
    }

    private static long SizeOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
