using System.Threading.Channels;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>An open channel and its messages that wait to be sent, one after another.</summary>
internal sealed record PushChannel(string Id, string ResourceId, string ResourceUri, Uri Address, string? Token, string Log, string? FileId, DateTimeOffset Expires)
{
    private int _number;

    /// <summary>The resource state of each message to send.</summary>
    public Channel<string> Outbox { get; } = Channel.CreateUnbounded<string>();

    public int NextNumber() => ++_number;
}
