using System.Collections;
using System.Runtime.InteropServices;

namespace Sous.Plugins.Host;

/// <summary>
/// Keeps other processes of the same user from reading this one's memory and first environment by /proc, and the kernel from writing
/// either to a core file. It stops who can read files, not root, and not code inside this process.
/// </summary>
internal static class ProcessHardening
{
    /// <summary>Called first of all.</summary>
    public static void Apply()
    {
        if (OperatingSystem.IsLinux())
        {
            // Of no consequence when refused: what it guards against is then as it is for every other program.
            _ = Native.Control(Native.SetDumpable, 0, 0, 0, 0);
        }
    }

    /// <summary>Takes secrets out of the environment once they are read: out of the memory behind /proc/PID/environ, and out of what child processes inherit.</summary>
    public static void ForgetEnvironment()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(static variable => (string)variable.Key).Where(IsSecret).ToList())
        {
            // Setting it to nothing would leave the text where the kernel put it.
            var value = Native.Get(name);
            for (var i = 0; value != 0 && Marshal.ReadByte(value, i) != 0; i++)
            {
                Marshal.WriteByte(value, i, (byte)'*');
            }

            Environment.SetEnvironmentVariable(name, null);
        }
    }

    private static bool IsSecret(string name) => name.StartsWith("SOUS_", StringComparison.OrdinalIgnoreCase)
        && (name.EndsWith("MasterKey", StringComparison.OrdinalIgnoreCase) || name.EndsWith("Secret", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("Postgres", StringComparison.OrdinalIgnoreCase));

    private static class Native
    {
        public const int SetDumpable = 4;

        [DllImport("libc", EntryPoint = "prctl")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Control(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

        [DllImport("libc", EntryPoint = "getenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern nint Get(string name);
    }
}
