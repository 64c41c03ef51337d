namespace Sous.Plugins.Host.Migrations;

/// <summary>What a migration did.</summary>
/// <param name="Moved">False where both sides differ: the source is as it was, and serves.</param>
/// <param name="Feed">The name of the feeds in the target; null where they differ.</param>
/// <param name="MasterKey">The id of the key that a host there needs, as one did before.</param>
/// <param name="Tables">Empty where an earlier call compared them and had only the last step left.</param>
internal sealed record MigrationReport(string Source, string Target, bool Moved, string? Feed, string MasterKey, IReadOnlyList<ComparedTable> Tables);
