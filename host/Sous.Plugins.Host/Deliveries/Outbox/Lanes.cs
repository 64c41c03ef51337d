using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>
/// A lane is what keeps its order: within a subscription the events of one connection and stream, or of one connection's own
/// condition. One that fails holds up those behind it in its lane, and no others.
/// </summary>
internal static class Lanes
{
    public static string Of(PlatformEvent told) => told.Connection is { } connection
        ? StreamOf(told) is { } stream ? Of(connection, stream) : connection.Value
        : told.Session ?? told.Subscription ?? "";

    public static string Of(ConnectionId connection, StreamName stream) => $"{connection}/{stream}";

    // A day is told of with the sales that it sums up.
    private static StreamName? StreamOf(PlatformEvent told) => told.Type.Split('.')[0] switch
    {
        "order" or "day" => StreamName.Sales,
        "file" => StreamName.Files,
        "sync" when told.Stream is { } stream => new StreamName(stream),
        _ => null,
    };
}
