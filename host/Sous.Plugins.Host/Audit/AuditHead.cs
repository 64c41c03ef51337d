using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Audit;

/// <summary>How far the trail goes: its last entry. Moved in the write of each.</summary>
internal sealed record AuditHead(string Id, long Sequence, string Hash)
{
    public const string Key = "head";

    public static readonly RegistryCollection<AuditHead> Collection = new("audit_head", static head => head.Id, AuditJson.Default.AuditHead);

    /// <summary>Before the first entry.</summary>
    public static readonly AuditHead Beginning = new(Key, 0, "");
}
