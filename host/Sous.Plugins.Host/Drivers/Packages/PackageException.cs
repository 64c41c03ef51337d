namespace Sous.Plugins.Host.Drivers.Packages;

/// <summary>A package that cannot be installed; nothing was changed.</summary>
internal sealed class PackageException(string message, Exception? inner = null) : Exception(message, inner);
