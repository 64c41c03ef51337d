namespace Sous.Plugins.Host.Drivers.Generations;

/// <summary>One loaded copy of a driver. It stays in memory until the host restarts, also when nothing uses it any more.</summary>
/// <param name="Generation">Counted from 1 for each driver.</param>
/// <param name="Sessions">Runs and calls that use it now.</param>
/// <param name="LeftBehind">Calls that were given up and have not come back: a restart of the host ends them.</param>
/// <param name="RetiredAt">When another took its place, or null while it serves.</param>
/// <param name="AssemblyBytes">Size of the assemblies in its folder, which are mapped as they are used; its data comes on top.</param>
internal sealed record GenerationView(int Generation, string Version, string Sha256, int Sessions, int LeftBehind, DateTimeOffset? RetiredAt, long AssemblyBytes)
{
    public static GenerationView Of(LoadedDriver driver) => new(driver.Generation, driver.Manifest.Version, driver.Sha256, driver.Use.Sessions, driver.Use.LeftBehind, driver.Use.RetiredAt, driver.AssemblyBytes);
}
