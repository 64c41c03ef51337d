using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Checkpoints;

/// <summary>A checkpoint as the API answers it, and reads it to put it back.</summary>
/// <param name="Location">The service's id of the location; absent where the stream is scoped by connection.</param>
/// <param name="Position">The driver's own text.</param>
/// <param name="Seal">Tells that the position was this scope's; it goes with it when it is put back.</param>
/// <param name="Fence">The fencing number of the run that wrote it, or of the change by hand; a later one's is higher.</param>
internal sealed record CheckpointView(StreamName Stream, string? Location, string Position, string Seal, long Fence, DateTimeOffset? StoredAt);
