namespace Sous.Plugins.Simulators.Drive.Files;

/// <summary>A file or folder; guarded by the store's lock.</summary>
internal sealed class DriveFile
{
    public const string Folder = "application/vnd.google-apps.folder";
    public const string Shortcut = "application/vnd.google-apps.shortcut";
    public const string Document = "application/vnd.google-apps.document";
    public const string Spreadsheet = "application/vnd.google-apps.spreadsheet";
    public const string Form = "application/vnd.google-apps.form";

    public required string Id { get; init; }

    public required string Name { get; set; }

    public required string MimeType { get; init; }

    public string? Parent { get; set; }

    public string? DriveId { get; set; }

    public required long Created { get; init; }

    public required long Modified { get; set; }

    public long Version { get; set; } = 1;

    public bool Trashed { get; set; }

    /// <summary>Null for folders, shortcuts and Google's own documents.</summary>
    public FileBytes? Content { get; set; }

    /// <summary>What a Google document is made of; its exports follow from it.</summary>
    public FileBytes? Exported { get; set; }

    public string? ShortcutTarget { get; init; }

    public string? ShortcutTargetType { get; init; }

    public bool Abusive { get; init; }

    public bool CanDownload { get; set; } = true;

    public string? ResourceKey { get; init; }

    public bool IsGoogles => MimeType.StartsWith("application/vnd.google-apps.", StringComparison.Ordinal);

    public IReadOnlyList<string> ExportTypes => MimeType switch
    {
        Document => ["application/pdf", "text/markdown", "text/plain"],
        Spreadsheet => ["application/pdf", "text/csv"],
        _ => [],
    };
}
