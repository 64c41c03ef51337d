using System.Text.Json.Nodes;

namespace Sous.Plugins.Testing;

/// <summary>Reads a tenant's change feed as the platform does, and finds what must not be in it: a gap, a version twice, a change that changes nothing.</summary>
/// <param name="first">The sequence that it begins with: 1, unless a restore began it anew.</param>
internal sealed class FeedCheck(long first = 1)
{
    private readonly Dictionary<(string Connection, string Stream, string Id), JsonNode> _current = [];
    private readonly Dictionary<(string Connection, string Stream, string Id), (long Version, string? Body)> _last = [];

    private long _next = first;

    /// <summary>What is wrong, a sentence each; empty when nothing is.</summary>
    public List<string> Findings { get; } = [];

    public long Entries { get; private set; }

    /// <summary>Records as they stand at the feed's end.</summary>
    public IEnumerable<(string Stream, string Id, JsonNode Entry)> Current => _current.Select(static pair => (pair.Key.Stream, pair.Key.Id, pair.Value));

    public void Take(JsonNode entry)
    {
        Entries++;
        var sequence = (long)entry["sequence"]!;
        if (sequence != _next)
        {
            Findings.Add($"Entry {Entries} of the feed has sequence {sequence}, not {_next}.");
        }

        _next = sequence + 1;

        var key = ((string)entry["connection"]!, (string)entry["stream"]!, (string)entry["id"]!);
        var version = (long)entry["version"]!;
        var body = entry["record"]?.ToJsonString();
        var last = _last.GetValueOrDefault(key);
        if (version != last.Version + 1)
        {
            Findings.Add($"{key} comes as version {version} after {last.Version}.");
        }

        if (last.Version > 0 && body == last.Body)
        {
            Findings.Add($"{key} comes twice with the same record, as versions {last.Version} and {version}.");
        }

        _last[key] = (version, body);
        if ((string)entry["kind"]! == "delete")
        {
            _current.Remove(key);
        }
        else
        {
            _current[key] = entry;
        }
    }
}
