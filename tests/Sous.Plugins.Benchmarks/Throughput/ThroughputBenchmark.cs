using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Benchmarks.Backfill;
using Sous.Plugins.Host.Cli.Demo;

namespace Sous.Plugins.Benchmarks.Throughput;

/// <summary>
/// Each driver alone, from its simulator, beside a bare loop that sends the very same requests one after another and walks the
/// answers' tokens, and beside the simulator alone, whose answers are read and not looked at.
/// </summary>
internal static class ThroughputBenchmark
{
    /// <summary>How far back the simulated histories go.</summary>
    public const int Days = 60;

    /// <summary>As many as the simulated Drive can hold in one folder.</summary>
    private const int MostRecipes = 9_000;

    private static readonly string[] s_drivers = ["square", "toast", "google-drive", "lightspeed"];

    public static async Task<int> RunAsync(string[] options)
    {
        var asked = Sampling.Option(options, "--records", 20_000);
        var records = asked.ToString(CultureInfo.InvariantCulture);
        var recipes = Math.Min(asked, MostRecipes).ToString(CultureInfo.InvariantCulture);
        var rounds = Sampling.Option(options, "--rounds", 3);
        string[] arguments = ["--orders", records, "--toast-orders", records, "--lightspeed-accounts", records, "--recipes", recipes, "--days", Days.ToString(CultureInfo.InvariantCulture)];
        await using var simulators = await SimulatorProcess.StartAsync(Place.FindHost(), arguments, CancellationToken.None);
        Console.WriteLine($"{"driver",-14}{"records",9}{"requests",9}{"KiB",9}{"ours/s",10}{"bare loop/s",13}{"ratio",8}{"simulator alone",17}{"µs of processor a record: ours",32}{"bare",7}");
        foreach (var id in s_drivers)
        {
            if (Place.FindDriver(id) is { } folder)
            {
                await MeasureAsync(id, folder, simulators, rounds);
            }
            else
            {
                Console.WriteLine($"{id,-14} is not built.");
            }
        }

        return 0;
    }

    private static async Task MeasureAsync(string id, string folder, SimulatorProcess simulators, int rounds)
    {
        var address = new Uri($"{(string?)simulators.Services[id]?["apiUrl"]}/");
        await using var opened = FolderDriver.Open(folder, address, await TokenAsync(address), await SettingsAsync(id, simulators));
        var walk = new DriverWalk(opened.Driver, opened.Manifest);
        await walk.DiscoverAsync();
        opened.TakeRequests();
        var records = await walk.RunAsync();
        var replay = new Replay(opened.Http, opened.TakeRequests());
        opened.IsNoting = false;
        await replay.WalkAsync();
        var (ours, bare, alone) = (new List<Measure>(), new List<Measure>(), new List<Measure>());
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(await MeasureAsync(walk, records));
            bare.Add(await replay.WalkAsync());
            alone.Add(await replay.ReadAsync());
        }

        var (fast, limit, simulator) = (Speed(ours, records), Speed(bare, records), Speed(alone, records));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{id,-14}{records,9}{replay.Requests,9}{replay.Bytes >> 10,9}{fast,10:0}{limit,13:0}{fast / limit,8:0.00}{simulator / fast,16:0.0}x{Processor(ours, records),32:0}{Processor(bare, records),7:0}"));
    }

    private static async Task<Measure> MeasureAsync(DriverWalk walk, long expected)
    {
        using var process = Process.GetCurrentProcess();
        var (processor, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        var records = await walk.RunAsync();
        var elapsed = Stopwatch.GetElapsedTime(started);
        process.Refresh();
        return records == expected
            ? new Measure(elapsed, process.TotalProcessorTime - processor)
            : throw new InvalidOperationException($"A second walk brought {records} records, the first {expected}.");
    }

    private static double Speed(IEnumerable<Measure> measures, long records) => Sampling.Median(measures.Select(measure => records / measure.Elapsed.TotalSeconds));

    private static double Processor(IEnumerable<Measure> measures, long records) => Sampling.Median(measures.Select(measure => measure.Processor.TotalMicroseconds / records));

    private static async Task<string> TokenAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address };
        using var answer = await http.PostAsync(new Uri("_simulator/tokens", UriKind.Relative), null);
        return (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>())?["accessToken"] ?? throw new InvalidOperationException($"{address} issues no token.");
    }

    private static async Task<JsonElement> SettingsAsync(string id, SimulatorProcess simulators) => JsonSerializer.SerializeToElement(id switch
    {
        "toast" => new Dictionary<string, IReadOnlyList<string>> { ["restaurants"] = await simulators.ReadRestaurantsAsync(CancellationToken.None) },
        "google-drive" => new Dictionary<string, IReadOnlyList<string>> { ["folders"] = [DemoWalk.RecipesFolder] },
        _ => [],
    });
}
