using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>The pace of each client registration; a driver has one.</summary>
internal sealed class TokenPaces(TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<DriverId, TokenPace> _paces = new();

    public TokenPace Of(LoadedDriver driver)
    {
        var pace = _paces.GetOrAdd(driver.Id, static (_, clock) => new TokenPace(clock), clock);
        pace.RequestsPerMinute = driver.Manifest.Authorization.TokenRequestsPerMinute;
        return pace;
    }

    /// <summary>None where nobody has asked yet.</summary>
    public TokenPace? Find(DriverId driver) => _paces.GetValueOrDefault(driver);

    public void Dispose()
    {
        foreach (var pace in _paces.Values)
        {
            pace.Dispose();
        }
    }
}
