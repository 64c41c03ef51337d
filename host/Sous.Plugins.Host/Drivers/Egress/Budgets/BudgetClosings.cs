using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>Keeps what services asked to wait over restarts, so that none calls earlier.</summary>
internal sealed partial class BudgetClosings(CallBudgets budgets, IRegistry registry, TimeProvider clock, ILogger<BudgetClosings> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var kept = await registry.ListAsync(BudgetClosing.Collection, "", cancellationToken);
        budgets.Restore([.. kept.Where(closing => closing.Until > now)]);
        if (kept.Any(closing => closing.Until <= now))
        {
            await registry.WriteAsync(
                transaction =>
                {
                    foreach (var over in kept.Where(closing => closing.Until <= now))
                    {
                        transaction.Delete(BudgetClosing.Collection, BudgetClosing.KeyOf(over));
                    }
                },
                cancellationToken);
        }

        budgets.Keep = KeepAsync;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task KeepAsync(BudgetClosing closing)
    {
        try
        {
            await registry.WriteAsync(transaction => transaction.Put(BudgetClosing.Collection, closing), CancellationToken.None);
        }
        catch (StorageException e)
        {
            Log.NotKept(logger, closing.Driver, closing.Until, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1041, Level = LogLevel.Warning, Message = "That the service of {Driver} asked to wait until {Until} could not be written down: a restart would not know of it.")]
        public static partial void NotKept(ILogger logger, DriverId driver, DateTimeOffset until, Exception exception);
    }
}
