using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Drivers.Defects;

/// <summary>What a driver did that no driver may do. Text alone: a kept exception would keep the driver's code in memory.</summary>
/// <param name="At">When it was met.</param>
/// <param name="Where">What the driver was asked for, such as a stream; <see cref="OwnThread"/> where nobody had asked.</param>
/// <param name="Connection">Whose driver it was; null where that cannot be told, as on a thread of its own.</param>
/// <param name="Reason">One plain sentence, without the service's data.</param>
/// <param name="Trace">Types and stacks of what was thrown, never its text, which may hold the service's data; null where nothing was.</param>
internal sealed record Defect(DateTimeOffset At, string Where, ConnectionId? Connection, string Reason, string? Trace)
{
    /// <summary>A thread, a timer or an <c>async void</c> method that the driver began by itself.</summary>
    public const string OwnThread = "own thread";

    /// <summary>Whether the run went well for its other scopes: one location's data, more likely than the driver.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Where nothing of the host's could catch it: only the process was left.</summary>
    [JsonIgnore]
    public bool IsUnhandled => Where == OwnThread;
}
