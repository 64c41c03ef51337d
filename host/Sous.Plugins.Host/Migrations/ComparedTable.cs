namespace Sous.Plugins.Host.Migrations;

/// <summary>A table, or a collection of the registry, as both sides hold it.</summary>
/// <param name="SourceHash">Over all rows, whatever their order.</param>
internal sealed record ComparedTable(string Name, long SourceRows, long TargetRows, string SourceHash, string TargetHash)
{
    public bool IsEqual => SourceRows == TargetRows && SourceHash == TargetHash;
}
