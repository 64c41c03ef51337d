using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>A service asked for no call before an instant.</summary>
/// <param name="Connection">Of which connection, or null for the whole client registration.</param>
/// <param name="Until">In whole seconds, never earlier than it said.</param>
/// <param name="Path">Of which endpoint alone, or null for all calls.</param>
internal sealed record BudgetClosing(DriverId Driver, ConnectionId? Connection, DateTimeOffset Until, string? Path = null)
{
    public static readonly RegistryCollection<BudgetClosing> Collection =
        new("budget_closings", static closing => KeyOf(closing), BudgetsJson.Default.BudgetClosing);

    public static string KeyOf(BudgetClosing closing) => $"{closing.Driver}/{closing.Connection}{closing.Path}";
}
