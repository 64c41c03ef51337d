using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Drivers;

/// <summary>Invariant 23, of a driver's log.</summary>
public sealed class BoundedLogTests : IDisposable
{
    private static readonly Action<ILogger, string, Exception?> Write = LoggerMessage.Define<string>(LogLevel.Information, new EventId(1), "{Text}");

    private readonly FakeTimeProvider _clock = new();
    private readonly LogCapture _logs = new();
    private readonly BoundedLog _log;

    public BoundedLogTests() => _log = new BoundedLog(_logs.CreateLogger("wild"), _clock);

    [Fact]
    public void A_minutes_lines_are_bounded_and_the_next_minute_begins_anew()
    {
        for (var i = 0; i < 3 * BoundedLog.MostLines; i++)
        {
            Write(_log, "first", null);
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        Write(_log, "second", null);

        Assert.Equal(BoundedLog.MostLines, _logs.Lines.Count(static line => line.Contains("first", StringComparison.Ordinal)));
        Assert.Single(_logs.Lines, static line => line.Contains("left out", StringComparison.Ordinal));
        Assert.Single(_logs.Lines, static line => line.Contains("second", StringComparison.Ordinal));
    }

    [Fact]
    public void A_line_that_is_too_long_is_cut()
    {
        Write(_log, new string('x', 10_000_000), null);

        Assert.InRange(Assert.Single(_logs.Lines).Length, BoundedLog.LongestLine, BoundedLog.LongestLine + 100);
    }

    public void Dispose() => _logs.Dispose();
}
