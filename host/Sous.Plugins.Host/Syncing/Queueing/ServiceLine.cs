using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Queueing;

/// <summary>The runs of one service that wait, and how many of it are under way. Guarded by its owner's lock.</summary>
internal sealed class ServiceLine
{
    private readonly TenantTurns[] _turns = [.. Enum.GetValues<RunPriority>().Select(static _ => new TenantTurns())];

    public int UnderWay { get; private set; }

    /// <summary>The turn at which one of its runs was last taken.</summary>
    public long LastTurn { get; private set; }

    public bool Has(RunPriority priority, Func<TenantId, bool> may) => _turns[(int)priority].HasAny(may);

    public void Add(ActiveRun run) => _turns[(int)run.Request.Priority].Add(run);

    public ActiveRun Take(RunPriority priority, long turn, IReadOnlyDictionary<TenantId, int> underWay, Func<TenantId, bool> may)
    {
        var run = _turns[(int)priority].Take(underWay, may);
        UnderWay++;
        LastTurn = turn;
        return run;
    }

    public void Leave() => UnderWay--;
}
