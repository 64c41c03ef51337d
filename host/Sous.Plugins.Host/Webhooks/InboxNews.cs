using System.Threading.Channels;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>Wakes whoever works the inbox off.</summary>
internal sealed class InboxNews
{
    private readonly Channel<bool> _told = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Tell() => _told.Writer.TryWrite(true);

    /// <summary>Returns at once where something was told since the last time.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _told.Reader.ReadAsync(cancellationToken);
}
