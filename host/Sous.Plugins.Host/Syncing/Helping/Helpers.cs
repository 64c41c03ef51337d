using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>The hosts that help this one; none where it is alone. Safe for any number of threads.</summary>
internal sealed class Helpers : IDisposable
{
    private readonly Channel<Helper> _joined = Channel.CreateUnbounded<Helper>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, Helper> _here = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _joining = new(1);

    /// <summary>Those that are there now.</summary>
    public IEnumerable<Helper> Here => _here.Values;

    /// <summary>Those that come from now on, each once; those that are gone say so themselves.</summary>
    public IAsyncEnumerable<Helper> ReadJoinedAsync(CancellationToken cancellationToken) => _joined.Reader.ReadAllAsync(cancellationToken);

    public async Task AddAsync(Helper helper, CancellationToken cancellationToken)
    {
        await _joining.WaitAsync(cancellationToken);
        try
        {
            _here[helper.Name] = helper;
            helper.Gone.Register(() => _here.TryRemove(KeyValuePair.Create(helper.Name, helper)));
            _joined.Writer.TryWrite(helper);
        }
        finally
        {
            _joining.Release();
        }
    }

    public void Dispose() => _joining.Dispose();

    /// <summary>Does something while no other host carries out a run: what they have under way is stopped first, and goes on afterwards.</summary>
    public async Task DoAloneAsync(Func<Task> what, CancellationToken cancellationToken)
    {
        await _joining.WaitAsync(cancellationToken);
        try
        {
            await Task.WhenAll(Here.Select(static helper => helper.PauseAsync()));
            await what();
        }
        finally
        {
            foreach (var helper in Here)
            {
                helper.Resume();
            }

            _joining.Release();
        }
    }
}
