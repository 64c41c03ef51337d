using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// What every Raw passes that this host writes, be it new or moved. Once stored Raws are being rewritten, so is each that is written
/// from then on: a page that was encoded before, or a record that moves behind the rewriter's back, cannot bring the old form back.
/// </summary>
internal sealed class RawGate
{
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _passing = [];
    private RawRewrite? _rewrite;

    /// <summary>Lets a transaction through that writes Raws: it takes what it is handed as the gate of all of them.</summary>
    public async Task<T> PassAsync<T>(Func<RawRewrite?, Task<T>> write)
    {
        Task<T> passing;
        lock (_lock)
        {
            var rewrite = _rewrite;
            passing = Task.Run(() => write(rewrite));
            _passing.Add(passing);
        }

        try
        {
            return await passing;
        }
        finally
        {
            lock (_lock)
            {
                _passing.Remove(passing);
            }
        }
    }

    /// <summary>When the task ends, no transaction is under way that has passed before.</summary>
    public async Task OpenAsync(RawRewrite rewrite)
    {
        Task before;
        lock (_lock)
        {
            _rewrite = rewrite;
            before = Task.WhenAll(_passing);
        }

        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
