using System.Diagnostics.Tracing;

namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>
/// Marks all that a driver does, over its threads, tasks and timers, by what .NET carries along with them. It shows what goes
/// to the network past the suite; and as long as anything that was begun lives, so does the mark.
/// </summary>
internal sealed class Flow
{
    private static readonly AsyncLocal<Flow?> Current = new();
    private static readonly Lazy<Listener> Listening = new(() => new Listener());

    private readonly Lock _gate = new();
    private readonly List<string> _outside = [];

    /// <summary>Requests and connections that did not come to the suite's handler.</summary>
    public IReadOnlyList<string> Outside
    {
        get
        {
            lock (_gate)
            {
                return [.. _outside];
            }
        }
    }

    /// <summary>Marks what the caller's async method does from here on.</summary>
    public static Flow Begin()
    {
        _ = Listening.Value;
        return Current.Value = new Flow();
    }

    /// <summary>Marks it by one that has begun, or by none.</summary>
    public static void Set(Flow? flow) => Current.Value = flow;

    /// <summary>A request has come to the suite's handler.</summary>
    public static void Arrive(Uri uri)
    {
        if (Current.Value is { } flow)
        {
            lock (flow._gate)
            {
                flow._outside.Remove(Name(uri.Scheme, uri.IdnHost, uri.Port));
            }
        }
    }

    private static string Name(string? scheme, string? host, int port) => $"{scheme}://{host}:{port}";

    private sealed class Listener : EventListener
    {
        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name is "System.Net.Http" or "System.Net.Sockets")
            {
                EnableEvents(eventSource, EventLevel.Informational);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (Current.Value is not { } flow)
            {
                return;
            }

            var name = (eventData.EventName, eventData.Payload) switch
            {
                ("RequestStart", [string scheme, string host, int port, ..]) => Name(scheme, host, port),
                ("ConnectStart", _) => "a socket of its own",
                _ => null,
            };
            if (name is not null)
            {
                lock (flow._gate)
                {
                    flow._outside.Add(name);
                }
            }
        }
    }
}
