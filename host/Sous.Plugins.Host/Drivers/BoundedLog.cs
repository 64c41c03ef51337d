namespace Sous.Plugins.Host.Drivers;

/// <summary>A driver's own log, so many lines a minute and each of a bearable length: what floods it would bury everybody else's. Safe for any number of threads.</summary>
/// <param name="inner">Where its lines go, and the one that says that some are left out.</param>
/// <param name="clock">Counts the minutes.</param>
internal sealed partial class BoundedLog(ILogger inner, TimeProvider clock) : ILogger
{
    /// <summary>Lines a minute, of all of the driver's connections together.</summary>
    public const int MostLines = 1_000;

    /// <summary>In characters; what is beyond is cut.</summary>
    public const int LongestLine = 8_192;

    private readonly Lock _gate = new();
    private long _minute;
    private int _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel) || !TryTake())
        {
            return;
        }

        var line = formatter(state, exception);
        if (line.Length <= LongestLine)
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        else
        {
            inner.Log(logLevel, eventId, line[..LongestLine] + "…", null, static (cut, _) => cut);
        }
    }

    private bool TryTake()
    {
        var minute = clock.GetUtcNow().Ticks / TimeSpan.TicksPerMinute;
        int lines;
        lock (_gate)
        {
            if (minute != _minute)
            {
                (_minute, _lines) = (minute, 0);
            }

            lines = _lines < int.MaxValue ? ++_lines : _lines;
        }

        if (lines == MostLines + 1)
        {
            Told.Flooded(inner, MostLines);
        }

        return lines <= MostLines;
    }

    private static partial class Told
    {
        [LoggerMessage(EventId = 1030, Level = LogLevel.Warning, Message = "The driver wrote {Most} lines within a minute; what else it writes in this one is left out.")]
        public static partial void Flooded(ILogger logger, int most);
    }
}
