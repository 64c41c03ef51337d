namespace Sous.Plugins.Host.Events;

/// <summary>A part of a tenant's log.</summary>
/// <param name="Next">The position to go on from; also where there was nothing.</param>
internal sealed record EventPage(IReadOnlyList<PlatformEvent> Items, long Next);
