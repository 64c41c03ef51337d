using System.Reflection;
using System.Runtime.Loader;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Migrations;

namespace Sous.Plugins.Host.Storage;

/// <summary>
/// The part of the host that only several of them need: it lies beside the host, in a folder with the libraries that it brings,
/// and is loaded when a database is set. A host on its data folder loads none of it.
/// </summary>
internal static class ClusterAssembly
{
    public const string Setting = "Postgres";

    private const string Name = "Sous.Plugins.Host.Cluster";

    private static readonly string s_file = Path.Combine(AppContext.BaseDirectory, "cluster", $"{Name}.dll");

    private static readonly Lazy<Assembly> s_assembly = new(Load);

    private static readonly Lazy<AssemblyDependencyResolver> s_resolver = new(static () => new AssemblyDependencyResolver(s_file));

    public static bool IsSetIn(IConfiguration configuration) => configuration[Setting] is { Length: > 0 };

    /// <summary>Looks into the database that is set and writes nothing there; null where none is.</summary>
    /// <exception cref="BootGateException">The part is not there.</exception>
    /// <exception cref="StorageException">It is not free for that use, or the database cannot be used.</exception>
    public static async Task<SharedStores?> OpenAsync(IConfiguration configuration, StoreUse use, TimeProvider clock, CancellationToken cancellationToken)
        => configuration[Setting] is { Length: > 0 } connectionString
            ? await Find<Func<string, StoreUse, TimeProvider, CancellationToken, Task<SharedStores>>>("OpenAsync")(connectionString, use, clock, cancellationToken) : null;

    /// <summary>Waits until the database that is set is there, and no other host works on it or is heard from there.</summary>
    /// <param name="ended">Told when one that was not heard from was put an end to.</param>
    /// <param name="troubled">Told why the server cannot be asked, when that changes.</param>
    /// <exception cref="BootGateException">The part is not there.</exception>
    public static Task WaitUntilFreeAsync(IConfiguration configuration, Action ended, Action<string> troubled, CancellationToken cancellationToken)
        => Find<Func<string, Action, Action<string>, CancellationToken, Task>>("WaitUntilFreeAsync")(configuration[Setting] ?? "", ended, troubled, cancellationToken);

    /// <summary>Says of the database that is set that it was set back to an earlier moment; null where none is set.</summary>
    /// <returns>The database, for sentences.</returns>
    /// <inheritdoc cref="OpenAsync"/>
    public static async Task<string?> SetBackAsync(IConfiguration configuration, CancellationToken cancellationToken)
        => configuration[Setting] is { Length: > 0 } connectionString ? await Find<Func<string, CancellationToken, Task<string>>>("SetBackAsync")(connectionString, cancellationToken) : null;

    /// <summary>Keeps hosts from the database that is set, to move stores into it or out of it; null where none is.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public static async Task<IMigrationSide?> OpenSideAsync(IConfiguration configuration, CancellationToken cancellationToken)
        => configuration[Setting] is { Length: > 0 } connectionString ? await Find<Func<string, CancellationToken, Task<IMigrationSide>>>("OpenSideAsync")(connectionString, cancellationToken) : null;

    private static T Find<T>(string method)
        where T : Delegate
        => s_assembly.Value.GetType($"{Name}.ClusterRoom", throwOnError: true)?.GetMethod(method)?.CreateDelegate<T>() ?? throw new MissingMethodException($"{Name}.ClusterRoom", method);

    private static Assembly Load()
    {
        AssemblyLoadContext.Default.Resolving += static (context, name) => File.Exists(s_file) && s_resolver.Value.ResolveAssemblyToPath(name) is { } path ? context.LoadFromAssemblyPath(path) : null;
        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(Name));
        }
        catch (FileNotFoundException e)
        {
            throw new BootGateException($"SOUS_{Setting} is set, and the part of the host for it is not installed: {s_file} is missing.", e);
        }
    }
}
