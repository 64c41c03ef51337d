using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Live;

/// <summary>The live calls under way, so that they can be stopped. Safe for many threads.</summary>
internal sealed class LiveCalls
{
    private readonly ConcurrentDictionary<LiveDriver, DriverId> _open = new();

    public void Enter(LiveDriver call, DriverId driver) => _open[call] = driver;

    public void Leave(LiveDriver call) => _open.TryRemove(call, out _);

    /// <summary>Ends those through a driver; each tells its caller why.</summary>
    public void Stop(DriverId driver, string reason)
    {
        foreach (var (call, of) in _open)
        {
            if (of == driver)
            {
                call.Stop(reason);
            }
        }
    }
}
