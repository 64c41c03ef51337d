using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Webhooks.Channels;

/// <summary>A push channel of a connection, from before it is opened until it is closed or over.</summary>
internal sealed record WatchedChannel
{
    /// <summary>Length of every id.</summary>
    public const int IdLength = 26;

    public static readonly RegistryCollection<WatchedChannel> Collection =
        new("push_channels", static channel => channel.Id, WebhooksJson.Default.WatchedChannel);

    /// <summary><c>chn_</c> and 22 letters and digits.</summary>
    public required string Id { get; init; }

    public required ConnectionId Connection { get; init; }

    public required DriverId Driver { get; init; }

    /// <summary>The service's id of what is watched; null until the service has answered that it opened the channel.</summary>
    public string? ResourceId { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
