using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sous.Plugins.Host.Backup;

/// <summary>What .NET does not offer of folders: making a rename in them durable, and two of them changing places at once.</summary>
internal static class Folders
{
    private const int CurrentFolder = -100;
    private const uint Exchange = 2;

    /// <summary>Makes what was renamed in the folder durable, where the system knows of that.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsLinux())
        {
            using var handle = new SafeFileHandle(Native.Open(folder, 0), ownsHandle: true);
            if (!handle.IsInvalid)
            {
                RandomAccess.FlushToDisk(handle);
            }
        }
    }

    /// <summary>
    /// Two folders take each other's name in one step, so that a crash leaves the one or the other in place and never neither. Where
    /// the system or the file system knows no such step, a crash may leave the place empty and both folders beside it, whole.
    /// </summary>
    /// <exception cref="IOException">They could not be renamed; nothing was changed.</exception>
    public static void Swap(string folder, string aside)
    {
        if (OperatingSystem.IsLinux() && TryExchange(folder, aside))
        {
            return;
        }

        var between = aside + ".new";
        Directory.Move(aside, between);
        Directory.Move(folder, aside);
        Directory.Move(between, folder);
    }

    private static bool TryExchange(string folder, string aside)
    {
        try
        {
            return Native.RenameAt2(CurrentFolder, folder, CurrentFolder, aside, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        public static extern int Open(string path, int flags);

        [DllImport("libc", EntryPoint = "renameat2", CharSet = CharSet.Ansi, SetLastError = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        public static extern int RenameAt2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
    }
}
