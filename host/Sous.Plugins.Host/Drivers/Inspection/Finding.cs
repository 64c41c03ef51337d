namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>Why a plugin is not loaded.</summary>
/// <param name="Reason">One plain sentence that names the thing.</param>
/// <param name="Remedy">One plain sentence: what to do about it.</param>
internal sealed record Finding(string Reason, string Remedy);
