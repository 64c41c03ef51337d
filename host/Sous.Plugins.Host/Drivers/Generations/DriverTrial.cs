using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Drivers.Generations;

/// <summary>Tries a generation before it takes another's place.</summary>
/// <returns>Why it must not, or null where nothing speaks against it.</returns>
internal delegate Task<Finding?> DriverTrial(LoadedDriver candidate, CancellationToken cancellationToken);
