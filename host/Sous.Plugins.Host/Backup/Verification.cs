using System.Globalization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Backup;

/// <summary>A connection that came out of a backup and was not asked yet whether its grant still stands; and the condition that it had.</summary>
internal sealed record Verification
{
    public static readonly RegistryCollection<Verification> Collection = new("verifications", static v => v.Connection.Value, BackupJson.Default.Verification);

    public required ConnectionId Connection { get; init; }

    public required ConnectionStatus Status { get; init; }

    public string? Cause { get; init; }

    public Actor Actor { get; init; }

    public required DateTimeOffset NextTryAt { get; init; }

    public int Tries { get; init; }

    public static Verification Of(Connection connection, DateTimeOffset at) => new()
    {
        Connection = connection.Id,
        Status = connection.Status,
        Cause = connection.Cause,
        Actor = connection.Actor,
        NextTryAt = at,
    };

    public static string Wait(Restoration restored)
        => string.Create(CultureInfo.InvariantCulture, $"Restored from a backup of {restored.BackupAt:yyyy-MM-dd HH:mm} UTC: whether its grant still stands is asked when its turn comes.");
}
