namespace Sous.Plugins.Host.Backup;

/// <summary>What a backup file says of itself: its manifest.json.</summary>
internal sealed record BackupManifest
{
    public const string Name = "manifest.json";

    /// <summary>The only one there is so far.</summary>
    public const int Format = 1;

    public required int FormatVersion { get; init; }

    /// <summary>The moment that both stores were taken at.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    public required string HostVersion { get; init; }

    /// <summary>The id of the master key without which nothing secret in it can be read.</summary>
    public required string MasterKey { get; init; }

    /// <summary>The epoch of the feeds; a restore begins another.</summary>
    public required string Feed { get; init; }

    public required long Documents { get; init; }

    public required long Tenants { get; init; }

    public required long Connections { get; init; }

    /// <summary>Records that stand, deleted and held ones too.</summary>
    public required long Records { get; init; }

    public required IReadOnlyList<BackupPart> Parts { get; init; }
}
