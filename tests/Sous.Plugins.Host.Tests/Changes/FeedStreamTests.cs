using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Changes;

/// <summary><c>SOUS_FEED_CHANGES=1000000</c> reads a million; a short feed is read where nothing is said.</summary>
[Collection(nameof(Alone))]
public sealed partial class FeedStreamTests(ITestOutputHelper output)
{
    private const int PageSize = 1000;
    private const long MostGrowth = 8 << 20;

    private static readonly int s_changes = int.TryParse(Environment.GetEnvironmentVariable("SOUS_FEED_CHANGES"), CultureInfo.InvariantCulture, out var changes) ? changes : 20_000;

    private readonly byte[] _buffer = new byte[1 << 16];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_who_begins_at_the_beginning_of_a_long_feed_grows_no_memory()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        for (var i = 0; i < s_changes / PageSize; i++)
        {
            await test.CommitAsync(Sales.Noon, [.. Enumerable.Range(i * PageSize, PageSize).Select(static no => Change.Upsert($"s{no}", Sales.Make($"s{no}")))]);
        }

        var (after, early, watch) = (0L, 0L, Stopwatch.StartNew());
        for (var more = true; more;)
        {
            (after, more) = await ReadAsync(app, after);
            if (after == s_changes / 2)
            {
                early = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        var growth = GC.GetTotalMemory(forceFullCollection: true) - early;
        output.WriteLine($"{after:N0} changes, {after / watch.Elapsed.TotalSeconds:N0} a second, {growth / 1024.0:N0} KiB more than after half of them, peak working set {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
        Assert.Equal(s_changes, after);
        Assert.NotEqual(0, early);
        Assert.InRange(growth, long.MinValue, MostGrowth);
    }

    // Keeps nothing but the end of the answer, so that what grows is the host's.
    private async Task<(long Next, bool More)> ReadAsync(ChangesApp app, long after)
    {
        await using var body = await app.Client.GetStreamAsync(new Uri($"/api/v1/tenants/t1/changes?after={after}&limit={PageSize}", UriKind.Relative), Token);
        var end = "";
        for (int count; (count = await body.ReadAsync(_buffer, Token)) > 0;)
        {
            end = (end + Encoding.UTF8.GetString(_buffer.AsSpan(Math.Max(0, count - 100), Math.Min(100, count))))[^Math.Min(end.Length + Math.Min(100, count), 100)..];
        }

        var match = Tail().Match(end);
        Assert.True(match.Success, end);
        return (long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Value == "true");
    }

    [GeneratedRegex(@"""next"":(\d+),""more"":(true|false)}$")]
    private static partial Regex Tail();
}
