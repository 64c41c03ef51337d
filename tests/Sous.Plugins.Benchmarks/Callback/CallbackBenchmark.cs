using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sous.Plugins.Benchmarks.Callback;

/// <summary>
/// A flood of callbacks with forged states through the whole host, beside a bare Kestrel that answers the same bytes; and what a
/// forged, an unknown, a used and a foreign state cost, which must not tell them apart.
/// </summary>
internal static class CallbackBenchmark
{
    private const double Goal = 0.8;
    private const double LargestGap = 2;

    /// <returns>0 where the goals are reached and the flood wrote and asked nothing, else 3.</returns>
    public static async Task<int> RunAsync(string[] options)
    {
        var forged = Sampling.Option(options, "--forged", 100_000);
        var rounds = Sampling.Option(options, "--rounds", 5);
        var each = Sampling.Option(options, "--each", 2_000);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{forged} forged states, {rounds} rounds, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}"));
        await using var host = await FloodedHost.StartAsync();
        await using var bare = await BareKestrel.StartAsync(await host.ReadRefusalAsync());
        var before = host.ReadState();
        var samples = new List<double>[] { [], [] };
        for (var round = 0; round <= rounds; round++)
        {
            // The first round pays for compiling on both sides and is not counted.
            var ours = await Flood.RunAsync(host.Address, forged / Math.Max(rounds, 1));
            var theirs = await Flood.RunAsync(bare.Address, forged / Math.Max(rounds, 1));
            if (round > 0)
            {
                samples[0].Add(ours);
                samples[1].Add(theirs);
            }
        }

        var quiet = host.ReadState() == before && host.Asked == 0;
        var (rate, limit) = (Sampling.Median(samples[0]), Sampling.Median(samples[1]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"forged callbacks refused: {rate:#,0}/s; bare Kestrel, same answer: {limit:#,0}/s; ratio {rate / limit:0.00} (goal {Goal:0.00})"));
        Console.WriteLine(quiet ? "The flood changed no byte of the data folder and asked no service." : "THE FLOOD WROTE TO THE DATA FOLDER OR ASKED A SERVICE.");
        var gap = await host.CompareAsync(each);
        return rate / limit >= Goal && gap <= LargestGap && quiet ? 0 : 3;
    }

    /// <summary>A state of the right form: 256 random bits and a MAC that is none.</summary>
    public static string ForgeState() => $"{Part()}.{Part()}";

    private static string Part() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
