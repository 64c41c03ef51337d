namespace Sous.Plugins.Simulators.Drive;

/// <summary>One file as it is now, told without the API.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="MimeType">Its media type.</param>
/// <param name="Parent">The folder that it stands in, or null.</param>
/// <param name="DriveId">The shared drive that it is on, or null.</param>
/// <param name="Trashed">Whether it, or a folder above it, is in the bin.</param>
/// <param name="Size">Its size in bytes, or null where it has no content of its own.</param>
/// <param name="Md5">MD5 of its content, hexadecimal, or null.</param>
/// <param name="ShortcutTarget">What it points at, or null.</param>
public sealed record DriveFileTruth(
    string Id, string Name, string MimeType, string? Parent, string? DriveId, bool Trashed, long? Size, string? Md5, string? ShortcutTarget);
