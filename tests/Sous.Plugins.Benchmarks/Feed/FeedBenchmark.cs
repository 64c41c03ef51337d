using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Sous.Plugins.Benchmarks.Store;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Benchmarks.Feed;

/// <summary>Pages of 500 changes, read from the whole host by readers at once, beside a bare Kestrel over bare SQLite that serves the same rows.</summary>
internal static class FeedBenchmark
{
    private const int PageSize = Workload.PageSize;
    private const int Readers = 16;
    private const double Goal = 0.8;

    /// <returns>0 where the goal is reached, else 3.</returns>
    public static async Task<int> RunAsync(string[] options)
    {
        var changes = Sampling.Option(options, "--changes", 100_000);
        var rounds = Sampling.Option(options, "--rounds", 5);
        var folder = Directory.CreateTempSubdirectory("sous-bench-");
        try
        {
            var workload = new Workload(seed: 1);
            List<RecordChange[]> pages = [.. Enumerable.Range(0, changes / PageSize).Select(_ => workload.NewPage())];
            await using var served = await ServedFeed.StartAsync(Path.Combine(folder.FullName, "data"), pages);
            var rows = Path.Combine(folder.FullName, "rows.db");
            using (var bare = new BareRows(rows))
            {
                pages.ForEach(page => bare.Commit(page, "checkpoint"));
            }

            await using var feed = await BareFeed.StartAsync(rows);
            using var ours = Client(served.Address, served.Key);
            using var theirs = Client(feed.Address, key: null);
            return await CompareAsync((ours, await AddressesAsync(ours, ServedFeed.Path)), (theirs, await AddressesAsync(theirs, "changes")), rounds);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> CompareAsync((HttpClient Client, List<string> Addresses) ours, (HttpClient Client, List<string> Addresses) bare, int rounds)
    {
        var samples = new List<double>[] { [], [] };
        for (var round = 0; round <= rounds; round++)
        {
            var (mine, myBytes) = await ReadAsync(ours.Client, ours.Addresses);
            var (its, itsBytes) = await ReadAsync(bare.Client, bare.Addresses);
            if (Math.Abs(myBytes - itsBytes) > itsBytes / 100)
            {
                throw new InvalidOperationException($"The host answered {myBytes} bytes, the bare server {itsBytes}: they do not serve the same.");
            }

            // The first round pays for compiling on both sides.
            if (round > 0)
            {
                samples[0].Add(mine);
                samples[1].Add(its);
            }
        }

        var (rate, limit) = (Sampling.Median(samples[0]), Sampling.Median(samples[1]));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{ours.Addresses.Count} pages of {PageSize} by {Readers} readers, medians of {rounds} rounds: {rate:0} pages/s; bare Kestrel over bare SQLite {limit:0}; ratio {rate / limit:0.00} (goal {Goal:0.00})"));
        return rate / limit >= Goal ? 0 : 3;
    }

    /// <summary>Walks the feed once, as a reader does.</summary>
    private static async Task<List<string>> AddressesAsync(HttpClient client, string path)
    {
        var addresses = new List<string>();
        for (var (after, more) = (0L, true); more;)
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"{path}?after={after}&limit={PageSize}");
            using var page = JsonDocument.Parse(await client.GetByteArrayAsync(address));
            if (page.RootElement.GetProperty("changes").GetArrayLength() > 0)
            {
                addresses.Add(address);
            }

            (after, more) = (page.RootElement.GetProperty("next").GetInt64(), page.RootElement.GetProperty("more").GetBoolean());
        }

        return addresses;
    }

    /// <summary>All pages, twice, by readers at once.</summary>
    private static async Task<(double PagesPerSecond, long Bytes)> ReadAsync(HttpClient client, List<string> addresses)
    {
        var bytes = 0L;
        var all = addresses.Concat(addresses).ToList();
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = Readers }, async (address, token) =>
        {
            using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, token);
            await using var body = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(token);
            var buffer = new byte[64 << 10];
            for (var read = 1; read > 0; Interlocked.Add(ref bytes, read))
            {
                read = await body.ReadAsync(buffer, token);
            }
        });
        return (all.Count / Stopwatch.GetElapsedTime(started).TotalSeconds, bytes);
    }

    private static HttpClient Client(Uri address, string? key)
    {
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Readers }) { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }
}
