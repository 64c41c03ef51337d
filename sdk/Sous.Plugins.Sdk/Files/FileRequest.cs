namespace Sous.Plugins.Sdk.Files;

/// <summary>Which file's content to fetch.</summary>
public sealed record FileRequest
{
    /// <summary>The file by the service's id.</summary>
    public required string FileId { get; init; }

    /// <summary>First byte wanted, or null for the beginning.</summary>
    public long? Offset { get; init; }

    /// <summary>How many bytes at most, or null for the rest.</summary>
    public long? Length { get; init; }

    /// <summary>The media type to export to, one of the file's export types; null for the content as it is.</summary>
    public string? ExportType { get; init; }
}
