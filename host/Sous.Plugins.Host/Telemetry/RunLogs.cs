using System.Runtime.CompilerServices;
using Serilog.Extensions.Logging;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>
/// Keeps, in memory, what is logged within runs: of each run the newest lines, and of all together so many, the runs that began to log first
/// going first. So it holds what the log holds, and ends with the host. Safe for any number of threads.
/// </summary>
internal sealed class RunLogs(TimeProvider clock) : ILoggerProvider, ISupportExternalScope
{
    /// <summary>Lines kept of one run.</summary>
    public const int MostLines = 200;

    /// <summary>Lines kept of all runs.</summary>
    public const int MostInAll = 10_000;

    /// <summary>In characters.</summary>
    public const int LongestLine = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<RunLogLine>> _lines = new(StringComparer.Ordinal);
    private readonly Queue<string> _runs = new();
    private IExternalScopeProvider? _scopes;
    private int _count;

    public ILogger CreateLogger(string categoryName) => new RunLogger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    /// <summary>The lines of a run that are kept, oldest first.</summary>
    public IReadOnlyList<RunLogLine> List(string run)
    {
        lock (_gate)
        {
            return _lines.TryGetValue(run, out var lines) ? [.. lines] : [];
        }
    }

    /// <summary>Takes what was logged within a run on another host.</summary>
    public void Take(string run, IReadOnlyList<RunLogLine> lines)
    {
        lock (_gate)
        {
            foreach (var line in lines)
            {
                Add(run, line);
            }
        }
    }

    public void Dispose()
    {
    }

    private void Add(string run, LogLevel level, string category, string message)
    {
        var line = new RunLogLine(clock.GetUtcNow(), LevelConvert.ToSerilogLevel(level), category, message.Length > LongestLine ? message[..LongestLine] + "…" : message);
        lock (_gate)
        {
            Add(run, line);
        }
    }

    private void Add(string run, RunLogLine line)
    {
        if (!_lines.TryGetValue(run, out var lines))
        {
            _lines.Add(run, lines = new Queue<RunLogLine>());
            _runs.Enqueue(run);
        }

        lines.Enqueue(line);
        _count++;
        if (lines.Count > MostLines)
        {
            lines.Dequeue();
            _count--;
        }

        while (_count > MostInAll && _lines.Remove(_runs.Dequeue(), out var oldest))
        {
            _count -= oldest.Count;
        }
    }

    private string? FindRun()
    {
        var run = new StrongBox<string?>();
        _scopes?.ForEachScope(static (scope, found) => found.Value = (scope as RunLogScope)?.Run ?? found.Value, run);
        return run.Value;
    }

    private sealed class RunLogger(RunLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logs.FindRun() is { } run)
            {
                // Of an exception its kind alone: its words may be a service's.
                logs.Add(run, logLevel, category, formatter(state, null) + (exception is null ? "" : $" ({exception.GetType().Name})"));
            }
        }
    }
}
