namespace Sous.Plugins.Simulators.Drive.Files;

/// <summary>An entry of a change log.</summary>
/// <param name="No">Its place in the log, from 1.</param>
/// <param name="FileId">The file that changed.</param>
/// <param name="Removed">Whether the file left the log's corpus: deleted, or no longer to be seen.</param>
/// <param name="At">When, in Unix milliseconds.</param>
internal sealed record FileChange(long No, string FileId, bool Removed, long At);
