using System.Globalization;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>Uids that are unique within one order.</summary>
internal struct UidSource(ref Dice dice)
{
    private readonly string _stem = dice.Text(10);
    private int _next;

    public string Next(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}{_stem}{_next++}");
}
