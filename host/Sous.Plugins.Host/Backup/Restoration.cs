using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Backup;

/// <summary>Says of a registry that it came out of a backup: until it is adopted another host may hold the same grants.</summary>
internal sealed record Restoration
{
    public static readonly RegistryCollection<Restoration> Collection = new("restorations", static r => r.Id, BackupJson.Default.Restoration);

    /// <summary>One at a time: a later restore brings its own.</summary>
    public const string Key = "restoration";

    public string Id { get; init; } = Key;

    /// <summary>The moment that the backup was taken at.</summary>
    public required DateTimeOffset BackupAt { get; init; }

    public required DateTimeOffset RestoredAt { get; init; }

    /// <summary>Null while it waits.</summary>
    public DateTimeOffset? AdoptedAt { get; init; }

    /// <summary>Adds to why a connection lost its grant that a backup brought it, where one did: the service may have replaced the credential since.</summary>
    public static string Explain(string cause, ConnectionId connection, IRegistryTransaction transaction)
        => transaction.Find(Collection, Key) is { } restored
            && transaction.Find(Credential.Collection, connection.Value) is { } credential
            && (credential.RefreshedAt ?? credential.ObtainedAt) <= restored.BackupAt
                ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{cause} Its credential was restored from a backup of {restored.BackupAt:yyyy-MM-dd HH:mm} UTC; what the service gave after that is lost.")
                : cause;
}
