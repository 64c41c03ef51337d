using System.Reflection;
using System.Runtime.Loader;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Sdk.Testing.Loading;

/// <summary>
/// Holds one driver and what it brings along. As in a host the contract is shared, everything else is the driver's own, and
/// what its folder lacks is not taken from elsewhere.
/// </summary>
internal sealed class DriverLoadContext(string assembly) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(assembly))
{
    private static readonly string[] Shared = [NameOf(typeof(IDriver)), NameOf(typeof(ILogger))];

    private static readonly HashSet<string> Framework = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
        .Split(Path.PathSeparator)
        .Where(path => !path.StartsWith(AppContext.BaseDirectory, StringComparison.OrdinalIgnoreCase))
        .Select(path => Path.GetFileNameWithoutExtension(path))
        .ToHashSet(StringComparer.OrdinalIgnoreCase);

    private readonly AssemblyDependencyResolver _resolver = new(assembly);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name ?? "";
        if (Shared.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return null;
        }

        if (_resolver.ResolveAssemblyToPath(assemblyName) is { } path)
        {
            return LoadFromAssemblyPath(path);
        }

        // Null would have the runtime look among the tests' own assemblies, which no host has.
        return Framework.Contains(name) ? null : throw new FileNotFoundException($"{name}, which the driver needs, is not in its folder.");
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
        => _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private static string NameOf(Type type) => type.Assembly.GetName().Name ?? "";
}
