using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>One event in the inbox: what to fetch, and nothing of what it told.</summary>
internal sealed record InboxEntry
{
    /// <summary>Its place in the order of arrival; given by the inbox, and never given twice.</summary>
    public long No { get; init; }

    public required DriverId Driver { get; init; }

    /// <summary>The push channel that it came by; empty for the driver's registration.</summary>
    public string Source { get; init; } = "";

    /// <summary>The service's id of it: within a source an event is kept once.</summary>
    public required string EventId { get; init; }

    public required ServiceEventKind Kind { get; init; }

    /// <summary>Whose channel it came by, or null.</summary>
    public ConnectionId? Connection { get; init; }

    /// <summary>The account by the service's id, or null.</summary>
    public string? AccountId { get; init; }

    /// <summary>The location by the service's id, or null.</summary>
    public string? LocationId { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }
}
