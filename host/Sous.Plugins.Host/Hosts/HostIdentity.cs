using System.Globalization;
using System.Reflection;

namespace Sous.Plugins.Host.Hosts;

/// <summary>Who this process is among hosts.</summary>
internal static class HostIdentity
{
    // With it a name has a place in a label of 63 bytes. What tells machines of one kind apart stands at the end.
    private const int LongestMachine = 24;

    public static string Version { get; } = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "";

    /// <summary>Machine and process. In a container the machine's name is the container's.</summary>
    public static string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"{Machine(Environment.MachineName)}/{Environment.ProcessId}");

    private static string Machine(string name) => name.Length > LongestMachine ? name[^LongestMachine..] : name;
}
