using Serilog.Events;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>From which level on a category is logged.</summary>
/// <param name="Category">The beginning of a logger's name, a driver's id, or <see cref="LogLevels.Everything"/>.</param>
/// <param name="Level">The lowest that is logged.</param>
/// <param name="Configured">The level without what was set at runtime.</param>
/// <param name="Until">When it goes back to that by itself; absent where the host's end alone ends it.</param>
internal sealed record LogLevelView(string Category, LogEventLevel Level, LogEventLevel Configured, DateTimeOffset? Until);
