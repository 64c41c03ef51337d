using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Doctor;

/// <summary>The plugins that are to serve: as the catalog has them or, while no host runs, as they lie on the disk; then none of their code is run.</summary>
/// <exception cref="Drivers.Entries.PluginsFileException">plugins.json cannot be used.</exception>
internal delegate IReadOnlyList<DriverRow> EnabledPlugins();
