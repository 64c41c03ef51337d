using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>The budget of each client registration; a driver has one, whichever of its generations calls.</summary>
internal sealed class CallBudgets(IConfiguration configuration, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<DriverId, CallBudget> _budgets = new();
    private volatile IReadOnlyList<BudgetClosing> _restored = [];

    /// <summary>Writes down a closing; its task ends once it is durable, or could not be.</summary>
    public Func<BudgetClosing, Task> Keep { get; set; } = static _ => Task.CompletedTask;

    /// <summary>By the limits of the generation that calls now.</summary>
    /// <exception cref="DriverException">A limit that the operator set cannot be read; the message names the setting.</exception>
    public CallBudget Of(LoadedDriver driver)
    {
        var limits = RateLimitSettings.Read(configuration, driver.Id, driver.Manifest.RateLimits);
        if (!_budgets.TryGetValue(driver.Id, out var budget))
        {
            budget = new CallBudget(driver.Manifest.Name, clock);
            budget.Limit(limits);
            Restore(budget, driver.Id);
            budget = _budgets.GetOrAdd(driver.Id, budget);
        }

        budget.Limit(limits);
        return budget;
    }

    /// <summary>What services had asked for before the host started anew. Before anybody calls.</summary>
    public void Restore(IReadOnlyList<BudgetClosing> closings)
    {
        _restored = closings;
        foreach (var (driver, budget) in _budgets)
        {
            Restore(budget, driver);
        }
    }

    /// <summary>Heeds what an answer says; a long wait is written down when the task ends.</summary>
    public Task HeedAsync(DriverId driver, CallLane lane, ServiceWord word) => KeepAsync(driver, Find(driver)?.Heed(lane, word));

    /// <summary>Heeds a limit that only the driver can tell, since the answer's status does not say so.</summary>
    public Task HeedAsync(DriverId driver, ConnectionId connection, DriverException failure)
        => failure is { Kind: FailureKind.RateLimited, InnerException: not TurnRefusedException } ? KeepAsync(driver, Find(driver)?.Heed(connection, failure.RetryAfter)) : Task.CompletedTask;

    /// <summary>None where nobody has called yet.</summary>
    public CallBudget? Find(DriverId driver) => _budgets.GetValueOrDefault(driver);

    /// <summary>How each stands of those that somebody called by.</summary>
    public IReadOnlyList<(DriverId Driver, BudgetView Budget)> View() => [.. _budgets.Select(static pair => (pair.Key, pair.Value.View()))];

    public void Dispose()
    {
        foreach (var budget in _budgets.Values)
        {
            budget.Dispose();
        }
    }

    private Task KeepAsync(DriverId driver, (ConnectionId? Connection, string? Path, DateTimeOffset Until)? closing)
        => closing is { } closed ? Keep(new BudgetClosing(driver, closed.Connection, closed.Until, closed.Path)) : Task.CompletedTask;

    private void Restore(CallBudget budget, DriverId driver)
    {
        foreach (var closing in _restored.Where(closing => closing.Driver == driver))
        {
            budget.Restore(closing.Connection, closing.Path, closing.Until);
        }
    }
}
