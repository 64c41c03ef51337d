namespace Sous.Plugins.Sdk.Files;

/// <summary>Where a service is to push to.</summary>
/// <param name="ChannelId">The host's id of the channel.</param>
/// <param name="Address">The host's address for it.</param>
/// <param name="ChannelToken">Random text that the service sends along, by which the host knows it.</param>
/// <param name="ExpiresAt">Wanted end; the service may set an earlier one.</param>
/// <param name="From">The checkpoint that the channel's changes follow, or null.</param>
public sealed record PushChannelRequest(string ChannelId, Uri Address, Secret ChannelToken, DateTimeOffset ExpiresAt, Checkpoint? From);
