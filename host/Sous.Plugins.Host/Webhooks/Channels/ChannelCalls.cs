using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;

namespace Sous.Plugins.Host.Webhooks.Channels;

/// <summary>Opens and closes push channels by the connection's driver.</summary>
internal sealed class ChannelCalls(DriverAccess drivers, WebhookAddresses addresses, IRegistry registry, TimeProvider clock)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    /// <summary>As long as services allow; each sets an earlier end as it likes.</summary>
    private static readonly TimeSpan s_life = TimeSpan.FromDays(7);

    /// <summary>The channel is stored before it is asked for: the service's first message may come before its answer.</summary>
    /// <exception cref="DriverException">None was opened.</exception>
    public async Task<WatchedChannel> OpenAsync(Connection connection, Checkpoint from, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var channel = new WatchedChannel { Id = RandomText.Id("chn_"), Connection = connection.Id, Driver = connection.Driver, OpenedAt = now, ExpiresAt = now + s_life };
        await PutAsync(channel, cancellationToken);
        try
        {
            var (address, token) = await addresses.OfAsync(channel, cancellationToken);
            var request = new PushChannelRequest(channel.Id, address, token, channel.ExpiresAt, from);
            var opened = await CallAsync(connection, (driver, stop) => driver.OpenChannelAsync(request, stop), cancellationToken);
            channel = channel with { ResourceId = opened.ResourceId, ExpiresAt = opened.ExpiresAt < channel.ExpiresAt ? opened.ExpiresAt : channel.ExpiresAt };
            await PutAsync(channel, CancellationToken.None);
            return channel;
        }
        catch
        {
            await registry.WriteAsync(transaction => transaction.Delete(WatchedChannel.Collection, channel.Id), CancellationToken.None);
            throw;
        }
    }

    /// <exception cref="DriverException">It may still be open.</exception>
    public async Task CloseAsync(Connection connection, WatchedChannel channel, CancellationToken cancellationToken)
    {
        if (channel.ResourceId is { } resource)
        {
            await CallAsync(
                connection,
                async (driver, stop) =>
                {
                    await driver.CloseChannelAsync(new PushChannel(channel.Id, resource, channel.ExpiresAt), stop);
                    return true;
                },
                cancellationToken);
        }
    }

    private Task<T> CallAsync<T>(Connection connection, Func<IPushChannels, CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken) => DriverCall.RunAsync(
        async stop =>
        {
            await using var session = await drivers.OpenAsync(connection, CallPriority.Incremental, stop);
            return session.Driver is IPushChannels channels
                ? await call(channels, stop)
                : throw new DriverException(FailureKind.Defect, "The driver has no push channels.");
        },
        s_timeout,
        clock,
        cancellationToken);

    private Task PutAsync(WatchedChannel channel, CancellationToken cancellationToken)
        => registry.WriteAsync(transaction => transaction.Put(WatchedChannel.Collection, channel), cancellationToken);
}
