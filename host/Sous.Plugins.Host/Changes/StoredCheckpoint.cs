using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>A checkpoint as the store knows it.</summary>
/// <param name="Location">The service's id of the location, or null where the stream is scoped by connection.</param>
/// <param name="Fence">The fencing number of the run that wrote it, or of whoever set it by hand; a later one's is higher. 0 where a host wrote it that did not note it yet.</param>
/// <param name="StoredAt">Null where it was not noted yet.</param>
internal sealed record StoredCheckpoint(string? Location, Checkpoint Position, long Fence, DateTimeOffset? StoredAt);
