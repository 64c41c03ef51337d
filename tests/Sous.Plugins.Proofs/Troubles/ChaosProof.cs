using System.Globalization;

namespace Sous.Plugins.Proofs.Troubles;

/// <summary>
/// Invariants 10, 13, 15, 17 and 18 at once: whatever a service does, in whatever order, nothing is lost in silence, nothing told twice, no call comes
/// earlier than it was asked to, and no other tenant waits for it. SOUS_CHAOS says how many sequences, and SOUS_SEED with which seed the
/// first begins; each that fails tells its own.
/// </summary>
public sealed class ChaosProof(ITestOutputHelper output)
{
    private const int CalmEvery = 10;

    // Most of a sequence is waiting until nothing stirs any more.
    private const int HostsAtOnce = 3;

    private readonly int _sequences = Setting.Of("SOUS_CHAOS", 100);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());
    private readonly SortedDictionary<string, int> _met = new(StringComparer.Ordinal);
    private int _begun;
    private int _unread;

    [Fact]
    public async Task Whatever_a_service_does_its_feed_is_whole_and_nobody_else_waits_for_it()
    {
        output.WriteLine($"{_sequences} sequences, SOUS_SEED={_seed}");
        await Task.WhenAll(Enumerable.Range(0, Math.Min(HostsAtOnce, _sequences)).Select(_ => Task.Run(RunSomeAsync, TestContext.Current.CancellationToken)));
        output.WriteLine($"{_unread} waits read by nobody");
        Assert.True(_unread <= 1 + (_met.GetValueOrDefault("met 429") / 20), $"{_unread} waits were asked for that the host does not know of.");
        output.WriteLine(string.Join(", ", _met.Select(static met => string.Create(CultureInfo.InvariantCulture, $"{met.Key} {met.Value}"))));
    }

    [Fact]
    public async Task Where_a_tenant_has_to_wait_for_another_it_is_seen_to_be_late()
    {
        await using var host = await TroubledHost.StartAsync(runsAtOnce: 1, TimeSpan.FromMilliseconds(50));
        await using var sequence = await Sequence.StartAsync(host, 1, "late", isTroubled: true);
        await sequence.RunWaitingAsync();
        Assert.True(sequence.Lateness > TimeSpan.FromSeconds(40), $"{sequence.Lateness} late");
    }

    /// <summary>Sequences that no other host has begun, until there are no more.</summary>
    private async Task RunSomeAsync()
    {
        await using var host = await TroubledHost.StartAsync();
        while (Interlocked.Increment(ref _begun) - 1 is var i && i < _sequences)
        {
            var troubled = await RunAsync(host, _seed + i, $"t{i}", isTroubled: true);
            if (i % CalmEvery == 0)
            {
                var calm = await RunAsync(host, _seed + i, $"t{i}-again", isTroubled: false);
                Assert.True(troubled <= 1.2 * calm, $"SOUS_SEED={_seed + i}: the calm tenant's runs were {troubled} late, and {calm} where all was well.");
            }
        }
    }

    /// <returns>How late the calm tenant's runs were.</returns>
    private async Task<TimeSpan> RunAsync(TroubledHost host, int seed, string name, bool isTroubled)
    {
        await using var sequence = await Sequence.StartAsync(host, seed, name, isTroubled);
        try
        {
            await sequence.RunAsync();
            if (_sequences == 1)
            {
                output.WriteLine(sequence.Story);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Nothing else is begun.
            Volatile.Write(ref _begun, _sequences);
            throw new InvalidOperationException($"SOUS_SEED={seed} SOUS_CHAOS=1: {e.Message}\n{sequence.Story}", e);
        }

        lock (_met)
        {
            _unread += sequence.Gate.Unread;
            foreach (var met in sequence.Gate.Met.Select(static met => ($"met {met.Key.Split(' ')[0]}", met.Value)).Concat(sequence.Runs.Select(static run => ($"runs {run.Outcome}", 1))))
            {
                _met[met.Item1] = _met.GetValueOrDefault(met.Item1) + met.Item2;
            }
        }

        return sequence.Lateness;
    }
}
