using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>The troubles of a listing by their names, as a theory's data can hold them.</summary>
internal static class Troubles
{
    public static Chaos Of(string name) => new()
    {
        RepeatCursor = name == nameof(Chaos.RepeatCursor),
        CursorStandsStill = name == nameof(Chaos.CursorStandsStill),
        DropCursor = name == nameof(Chaos.DropCursor),
        IgnoreSortOrder = name == nameof(Chaos.IgnoreSortOrder),
    };
}
