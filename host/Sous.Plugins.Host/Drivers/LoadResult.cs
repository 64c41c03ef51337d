using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Drivers;

/// <summary>How a load ended: with a driver, or with why there is none.</summary>
internal sealed record LoadResult(LoadedDriver? Driver, Finding? Refusal);
