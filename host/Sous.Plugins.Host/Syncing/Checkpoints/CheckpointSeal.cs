using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Syncing.Checkpoints;

/// <summary>
/// Ties a position to its scope and to this life of the store. All records before a position that a scope once had are stored, and
/// stay; before another scope's, or one from after the backup that was restored, some may be missing, and nobody would fetch them.
/// </summary>
internal static class CheckpointSeal
{
    private const int Length = 16;

    /// <param name="feed">The epoch of the store's feeds.</param>
    public static string Of(string feed, Scope scope, string position)
    {
        var sealedText = string.Join('\n', feed, scope.Connection.Value, scope.Stream.Value, scope.Location, position);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sealedText)))[..Length];
    }
}
