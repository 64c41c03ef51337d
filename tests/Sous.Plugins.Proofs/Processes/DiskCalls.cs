using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Sous.Plugins.Proofs.Processes;

/// <summary>
/// Counts the calls by which a host changes the files of a folder, and kills it right after one of them. strace has each such call stop the
/// host (its own counts are of a thread, not of the process), so that nothing goes on until the call is counted here.
/// </summary>
internal sealed partial class DiskCalls : IDisposable
{
    private const string Names = "pwrite64,pwritev,fsync,fdatasync,ftruncate,rename,unlink,mkdir,rmdir";
    private const int Continue = 18;

    private readonly string _pipe = Path.Combine(Path.GetTempPath(), $"sous-strace-{Guid.NewGuid():N}");
    private readonly string _folder;

    /// <param name="folder">In full.</param>
    public DiskCalls(string folder)
    {
        _folder = folder;
        using var made = Process.Start("mkfifo", [_pipe]);
        made.WaitForExit();
    }

    /// <summary>Whether there is strace, and it may do what it does.</summary>
    public static bool IsAvailable()
    {
        try
        {
            using var tried = Process.Start("strace", ["-qq", "-o", "/dev/null", "true"]);
            tried.WaitForExit();
            return tried.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>What the host is to be started under.</summary>
    public IReadOnlyList<string> Program => ["strace", "-D", "-f", "-qq", "-y", "--seccomp-bpf", "-o", _pipe, "-e", $"trace={Names}", "-e", $"inject={Names}:signal=STOP"];

    /// <summary>Follows a host to its end.</summary>
    /// <param name="nth">Of the calls that change the folder, from 1: right after it the host is killed.</param>
    /// <returns>How many there were, and the last of them.</returns>
    public async Task<(int Count, string Last)> FollowAsync(HostProcess host, int nth)
    {
        var (count, last) = (0, "");
        using var lines = new StreamReader(File.OpenRead(_pipe));
        while (await lines.ReadLineAsync() is { } line)
        {
            if (!Call().IsMatch(line))
            {
                continue;
            }

            if (line.Contains(_folder, StringComparison.Ordinal))
            {
                (count, last) = (count + 1, line);
                if (count == nth)
                {
                    await host.KillAsync();
                    break;
                }
            }

            _ = Signal(host.Id, Continue);
        }

        return (count, last);
    }

    public void Dispose() => File.Delete(_pipe);

    [GeneratedRegex(@"^\d+ +(\w+\(|<\.\.\. \w+ resumed)")]
    private static partial Regex Call();

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);
}
