namespace Sous.Plugins.Sdk.Manifests;

/// <summary>A driver.json that cannot be read.</summary>
/// <param name="message">One sentence that names the member.</param>
/// <param name="inner">What caused it.</param>
public sealed class ManifestException(string message, Exception? inner = null) : Exception(message, inner);
