namespace Sous.Plugins.Sdk.Files;

/// <summary>The ability to have a service push its changes over channels that expire and must be renewed.</summary>
public interface IPushChannels : IDriver
{
    /// <summary>Opens a channel. The host opens the next one before this one expires, and closes this one after.</summary>
    /// <param name="request">Where to push to.</param>
    /// <param name="cancellationToken">Honoured within a second.</param>
    /// <exception cref="DriverException">No channel was opened.</exception>
    ValueTask<PushChannel> OpenChannelAsync(PushChannelRequest request, CancellationToken cancellationToken);

    /// <summary>Closes a channel; one that is closed already is no error.</summary>
    /// <param name="channel">The channel as it was opened.</param>
    /// <param name="cancellationToken">Honoured within a second.</param>
    /// <exception cref="DriverException">The channel may still be open.</exception>
    ValueTask CloseChannelAsync(PushChannel channel, CancellationToken cancellationToken);
}
