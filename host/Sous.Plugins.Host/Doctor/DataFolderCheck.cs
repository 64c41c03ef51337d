using System.Runtime.Versioning;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether the data folder is ours to write, and nobody else's to read.</summary>
internal sealed class DataFolderCheck(DataFolder folder) : ICheck
{
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    public static string Name => "data folder";

    public static string Remedy => "Give the folder and all in it to the user that the host runs as, and mode 0700.";

    public ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<Diagnosis>>(
        !Directory.Exists(folder.Path) ? [Diagnosis.Ok(Name, $"{folder.Path} is not there yet: the first start makes it.")]
            : OperatingSystem.IsWindows() || FaultOf() is not { } fault ? [Diagnosis.Ok(Name, $"{folder.Path} is the host's alone.")]
            : [Diagnosis.Failed(Name, fault, Remedy)]);

    [UnsupportedOSPlatform("windows")]
    private string? FaultOf()
    {
        try
        {
            return FaultOf(folder.Path) ?? Directory.EnumerateFiles(folder.Path).Select(FaultOf).FirstOrDefault(static fault => fault is not null);
        }
        catch (UnauthorizedAccessException)
        {
            return $"{folder.Path} cannot be opened by {Environment.UserName}.";
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static string? FaultOf(string path)
    {
        try
        {
            var mode = File.GetUnixFileMode(path);
            if ((mode & Others) != 0)
            {
                return $"{path} can be opened by other users than its owner.";
            }

            // Only its owner may set the mode, the one that it has too.
            File.SetUnixFileMode(path, mode);
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return $"{path} belongs to another user than {Environment.UserName}.";
        }
        catch (FileNotFoundException)
        {
            // A log that the store has just done with.
            return null;
        }
        catch (IOException e)
        {
            return $"{path} cannot be written: {e.Message}.";
        }
    }
}
