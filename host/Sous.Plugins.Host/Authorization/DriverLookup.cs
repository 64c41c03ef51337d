using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Authorization;

/// <summary>The driver that serves now, or null where none does.</summary>
internal delegate LoadedDriver? DriverLookup(DriverId driver);
