using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Live.Development;

/// <summary>A page of a driver that is developed: what was asked, what the service answered, and what the last build made of it.</summary>
/// <param name="At">The instant that every build is shown.</param>
/// <param name="Records">As generation <paramref name="Generation"/> mapped them.</param>
internal sealed record RecordedPage(ConnectionId Connection, StreamManifest Stream, ScopeWork Work, ServiceTape Tape, DateTimeOffset At, IReadOnlyList<PageRecord> Records, int Generation)
{
    public string? Location => Work.Location?.Ref.Id;

    public bool Answers(PageRequest request, ConnectionId connection)
        => connection == Connection && (request.Stream ?? Stream.Name) == Stream.Name && (request.Location ?? Location) == Location;
}
