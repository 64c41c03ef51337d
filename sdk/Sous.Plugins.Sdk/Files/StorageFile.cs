namespace Sous.Plugins.Sdk.Files;

/// <summary>A file or folder of a storage service.</summary>
public sealed record StorageFile
{
    /// <summary>Which file at which service.</summary>
    public required ExternalRef Ref { get; init; }

    /// <summary>Its name; not unique, and free text.</summary>
    public required string Name { get; init; }

    /// <summary>Its media type.</summary>
    public required string MimeType { get; init; }

    /// <summary>Its size in bytes, or null where there is none.</summary>
    public long? Size { get; init; }

    /// <summary>MD5 of its content, hexadecimal, or null.</summary>
    public string? Md5 { get; init; }

    /// <summary>SHA-256 of its content, hexadecimal, or null.</summary>
    public string? Sha256 { get; init; }

    /// <summary>When its content or metadata last changed.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>The folder that it stands in.</summary>
    public string? ParentId { get; init; }

    /// <summary>The shared drive that it stands on, or null.</summary>
    public string? DriveId { get; init; }

    /// <summary>Whether it is a folder.</summary>
    public required bool IsFolder { get; init; }

    /// <summary>Whether it lies in the bin.</summary>
    public bool Trashed { get; init; }

    /// <summary>The file that it points at, or null.</summary>
    public string? ShortcutTargetId { get; init; }

    /// <summary>Whether its content can be fetched as it is.</summary>
    public required bool Downloadable { get; init; }

    /// <summary>Media types that it can be exported to.</summary>
    public IReadOnlyList<string> ExportTypes { get; init; } = [];
}
