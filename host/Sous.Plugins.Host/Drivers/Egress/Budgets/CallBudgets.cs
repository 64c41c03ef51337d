using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>The budget of each client registration; a driver has one, whichever of its generations calls.</summary>
internal sealed class CallBudgets(IConfiguration configuration, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<DriverId, CallBudget> _budgets = new();

    /// <summary>By the limits of the generation that calls now.</summary>
    /// <exception cref="DriverException">A limit that the operator set cannot be read; the message names the setting.</exception>
    public CallBudget Of(LoadedDriver driver)
    {
        var limits = RateLimitSettings.Read(configuration, driver.Id, driver.Manifest.RateLimits);
        var budget = _budgets.GetOrAdd(driver.Id, static (_, made) => new CallBudget(made.Name, made.clock), (driver.Manifest.Name, clock));
        budget.Limit(limits);
        return budget;
    }

    /// <summary>None where nobody has called yet.</summary>
    public CallBudget? Find(DriverId driver) => _budgets.GetValueOrDefault(driver);

    public void Dispose()
    {
        foreach (var budget in _budgets.Values)
        {
            budget.Dispose();
        }
    }
}
