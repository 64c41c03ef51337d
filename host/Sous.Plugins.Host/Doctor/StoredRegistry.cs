using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Doctor;

/// <summary>The registry, or null where there is none yet, or none that may be opened: no check makes one.</summary>
internal delegate IRegistry? StoredRegistry();
