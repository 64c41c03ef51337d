namespace Sous.Plugins.Sdk.Files;

/// <summary>Which folder to list or watch.</summary>
public sealed record FolderRequest
{
    /// <summary>The folder by the service's id; null for the one in the connection's settings, or the root.</summary>
    public string? FolderId { get; init; }

    /// <summary>
    /// Only folders, for somebody who chooses one: a listing of those in the folder or, where none is named, of the topmost that
    /// the account can see, those shared with it too, whatever the settings say. A watch is never asked so.
    /// </summary>
    public bool FoldersOnly { get; init; }

    /// <summary>Where an earlier call of this scope got to, or null to start.</summary>
    public Checkpoint? From { get; init; }

    /// <summary>Wanted size of a page, 1 to 1,000.</summary>
    public int PageSize { get; init; } = 500;
}
