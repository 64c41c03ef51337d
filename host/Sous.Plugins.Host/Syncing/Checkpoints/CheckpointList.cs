using Sous.Plugins.Host.Http.Versions;

namespace Sous.Plugins.Host.Syncing.Checkpoints;

/// <summary>A sync's checkpoints as the API answers them.</summary>
/// <param name="Version">Of all that the sync has now, for <c>If-Match</c>.</param>
internal sealed record CheckpointList(IReadOnlyList<CheckpointView> Items, string Version) : IVersioned;
