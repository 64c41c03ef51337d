using Serilog.Events;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>One line that was logged within a run.</summary>
/// <param name="Category">The logger's name; of what its driver wrote, the driver's id.</param>
/// <param name="Message">Cut where it is longer than <see cref="RunLogs.LongestLine"/>.</param>
internal sealed record RunLogLine(DateTimeOffset At, LogEventLevel Level, string Category, string Message);
