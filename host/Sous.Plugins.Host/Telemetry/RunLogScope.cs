using System.Collections;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>What is logged within it belongs to a run: its lines carry the run's id, and <see cref="RunLogs"/> keeps them.</summary>
internal sealed class RunLogScope(string run) : IEnumerable<KeyValuePair<string, object?>>
{
    public string Run { get; } = run;

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return KeyValuePair.Create<string, object?>("Run", Run);
    }

    public override string ToString() => $"Run {Run}";

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
