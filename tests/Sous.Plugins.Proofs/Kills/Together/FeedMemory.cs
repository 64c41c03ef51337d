using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;

namespace Sous.Plugins.Proofs.Kills.Together;

/// <summary>What a reader of a tenant's feed has seen, whichever host showed it.</summary>
internal sealed class FeedMemory(string tenant)
{
    private readonly List<string> _entries = [];
    private string? _feed;

    public int Count => _entries.Count;

    /// <summary>Reads on from where it stands.</summary>
    public async Task ReadOnAsync(HostClient client, CancellationToken cancellationToken)
    {
        for (var more = true; more;)
        {
            var page = await ReadAsync(client, _entries.Count, cancellationToken);
            _entries.AddRange(page["changes"]!.AsArray().Select(static entry => entry!.ToJsonString()));
            more = (bool)page["more"]!;
        }
    }

    /// <summary>Reads all again from the beginning: it must be what was seen.</summary>
    public async Task AssertUnchangedAsync(HostClient client, CancellationToken cancellationToken)
    {
        for (var read = 0; read < _entries.Count;)
        {
            foreach (var entry in (await ReadAsync(client, read, cancellationToken))["changes"]!.AsArray().Take(_entries.Count - read))
            {
                Assert.Equal(_entries[read++], entry!.ToJsonString());
            }
        }
    }

    /// <param name="after">A sequence: one that has no gap is the number of entries up to there.</param>
    private async Task<JsonNode> ReadAsync(HostClient client, int after, CancellationToken cancellationToken)
    {
        var page = await client.GetAsync($"api/v1/tenants/{tenant}/changes?limit=1000&after={after}", cancellationToken);
        Assert.Equal(_feed ??= (string)page["feed"]!, (string)page["feed"]!);
        var sequences = page["changes"]!.AsArray().Select(static entry => (long)entry!["sequence"]!).ToList();
        Assert.Equal(Enumerable.Range(after + 1, sequences.Count).Select(static sequence => (long)sequence), sequences);
        Assert.True(sequences.Count > 0 || after == (long)page["next"]!, $"Of {tenant}'s feed nothing is left after {after}, where {page["next"]} had been read.");
        return page;
    }
}
