using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Audit;

/// <summary>The trail's head as it was within the last minute, encrypted under the key ring: who can write the file alone can make none.</summary>
internal sealed record AuditSeal(string Id, string Protected)
{
    public const string Key = "seal";

    public static readonly RegistryCollection<AuditSeal> Collection = new("audit_seal", static seal => seal.Id, AuditJson.Default.AuditSeal);
}
