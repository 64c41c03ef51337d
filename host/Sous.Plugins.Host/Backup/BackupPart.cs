namespace Sous.Plugins.Host.Backup;

/// <summary>One part of a backup file, as its manifest knows it.</summary>
/// <param name="Bytes">Its length when unpacked.</param>
/// <param name="Sha256">Of the unpacked bytes, in lower-case hex.</param>
internal sealed record BackupPart(string Name, long Bytes, string Sha256)
{
    /// <summary>The registry: a JSON object a line, each a document with its collection and key.</summary>
    public const string Registry = "registry.jsonl";

    /// <summary>The change store: a SQLite database.</summary>
    public const string Changes = "changes.db";
}
