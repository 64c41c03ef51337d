using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>
/// From which level on what is logged: as configured and, over that, as somebody said while the host runs, until an end that they named or the host's own.
/// The framework's categories stay at warnings: what it logs below them holds addresses, and a callback's holds a code. Safe for any number of threads.
/// </summary>
internal sealed class LogLevels(LogEventLevel configured, TimeProvider clock) : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    /// <summary>Stands for every category of ours and the drivers'.</summary>
    public const string Everything = "Default";

    /// <summary>How many categories may be set at once.</summary>
    public const int Most = 100;

    // Of Orleans only what nothing of ours tells: that a host is gone it says dozens of times, and of each in the words of its inside.
    private static readonly Dictionary<string, LogLevel> s_framework = new() { ["Microsoft"] = LogLevel.Warning, ["System"] = LogLevel.Warning, ["Polly"] = LogLevel.Warning, ["Orleans"] = LogLevel.Critical };

    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private ImmutableSortedDictionary<string, LogLevelView> _set = ImmutableSortedDictionary.Create<string, LogLevelView>(StringComparer.OrdinalIgnoreCase);
    private ConfigurationReloadToken _changed = new();
    private ITimer? _end;

    public string? Name => null;

    /// <summary>What is set now; first, where nothing is set for everything, as what it is configured.</summary>
    public IReadOnlyList<LogLevelView> List()
    {
        var set = _set;
        return [.. set.ContainsKey(Everything) ? [] : new[] { new LogLevelView(Everything, configured, configured, null) }, .. set.Values];
    }

    public static bool IsFramework(string category) => s_framework.Keys.Any(name => category.Equals(name, StringComparison.OrdinalIgnoreCase) || category.StartsWith(name + ".", StringComparison.OrdinalIgnoreCase));

    /// <returns>Null where too many are set already.</returns>
    public LogLevelView? Set(string category, LogEventLevel level, DateTimeOffset? until)
    {
        var set = new LogLevelView(category, level, configured, until);
        var isRoom = false;
        Change(before =>
        {
            isRoom = before.Count < Most || before.ContainsKey(category);
            return isRoom ? before.SetItem(category, set) : before;
        });
        return isRoom ? set : null;
    }

    /// <returns>Whether it was set.</returns>
    public bool Reset(string category) => Change(before => before.Remove(category));

    public void Configure(LoggerFilterOptions options)
    {
        options.MinLevel = LevelConvert.ToExtensionsLevel(configured);
        foreach (var (name, level) in s_framework)
        {
            options.Rules.Add(new LoggerFilterRule(null, name, level, null));
        }

        foreach (var set in _set.Values)
        {
            options.Rules.Add(new LoggerFilterRule(null, Everything.Equals(set.Category, StringComparison.OrdinalIgnoreCase) ? null : set.Category, LevelConvert.ToExtensionsLevel(set.Level), null));
        }
    }

    public IChangeToken GetChangeToken() => _changed;

    public void Dispose() => _end?.Dispose();

    private bool Change(Func<ImmutableSortedDictionary<string, LogLevelView>, ImmutableSortedDictionary<string, LogLevelView>> change)
    {
        lock (_gate)
        {
            var (before, after) = (_set, change(_set));
            _set = after;

            // Also where nothing changed: a timer may be a little early by the clock that ends are said by, or far, where that was set back.
            _end?.Dispose();
            var ends = after.Values.Min(static set => set.Until);
            _end = ends is { } end ? clock.CreateTimer(_ => End(), null, Max(end - clock.GetUtcNow()), Timeout.InfiniteTimeSpan) : null;
            if (ReferenceEquals(before, after))
            {
                return false;
            }
        }

        Interlocked.Exchange(ref _changed, new ConfigurationReloadToken()).OnReload();
        return true;
    }

    private void End()
    {
        var now = clock.GetUtcNow();
        Change(before => before.RemoveRange(before.Values.Where(set => set.Until <= now).Select(static set => set.Category)));
    }

    private static TimeSpan Max(TimeSpan left) => left > s_least ? left : s_least;
}
