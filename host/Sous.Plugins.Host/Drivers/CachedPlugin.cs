namespace Sous.Plugins.Host.Drivers;

/// <summary>A private copy of a plugin's folder.</summary>
/// <param name="Folder">Absolute path of the copy.</param>
/// <param name="Sha256">Hash of the bytes in it.</param>
internal sealed record CachedPlugin(string Folder, string Sha256);
