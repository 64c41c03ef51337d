namespace Sous.Plugins.Sdk.Files;

/// <summary>An open push channel.</summary>
/// <param name="ChannelId">The host's id of the channel.</param>
/// <param name="ResourceId">The service's id of what is watched.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
public sealed record PushChannel(string ChannelId, string ResourceId, DateTimeOffset ExpiresAt);
