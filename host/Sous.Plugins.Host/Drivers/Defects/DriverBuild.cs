using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Drivers.Defects;

/// <summary>One driver as it lies in its folder, to the byte: what defects are counted for. Other bytes start clean.</summary>
/// <param name="Driver">The driver's id.</param>
/// <param name="Sha256">Hash of its folder.</param>
internal readonly record struct DriverBuild(DriverId Driver, string Sha256);
