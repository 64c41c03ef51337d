namespace Sous.Plugins.Sdk;

/// <summary>Which thing at which service.</summary>
/// <param name="Service">The driver's id.</param>
/// <param name="Id">The service's own id of the thing.</param>
/// <param name="Version">The service's own version or time of change, as text, or null where it has none.</param>
public sealed record ExternalRef(string Service, string Id, string? Version = null);
