using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>The simulators in a process of their own, on loopback. They end when their standard input closes, so they never outlive the demo.</summary>
internal sealed class SimulatorProcess : IAsyncDisposable
{
    private readonly Process _process;

    private SimulatorProcess(Process process, JsonNode services) => (_process, Services) = (process, services);

    /// <summary>Addresses and client registrations, by driver id.</summary>
    public JsonNode Services { get; }

    /// <param name="folder">The host's own folder: the simulators are staged below it.</param>
    /// <param name="arguments">Further arguments of the simulators' program.</param>
    public static async Task<SimulatorProcess> StartAsync(string folder, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var program = Path.Combine(folder, "simulators", "Sous.Plugins.Simulators.dll");
        if (!File.Exists(program))
        {
            throw new DemoFailedException($"The simulators are not beside the host: {program} is missing.");
        }

        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var argument in arguments.Prepend(program))
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new DemoFailedException("The simulators did not start.");
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken);
        return line is null
            ? throw new DemoFailedException("The simulators ended before they said where they listen.")
            : new SimulatorProcess(process, JsonNode.Parse(line) ?? throw new DemoFailedException("The simulators said nothing."));
    }

    /// <summary>The GUIDs that an owner would tell the operator: those of the restaurants at work of the simulated Toast's first owner.</summary>
    public async Task<IReadOnlyList<string>> ReadRestaurantsAsync(CancellationToken cancellationToken)
    {
        // On this machine, whatever proxy the environment names.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var truth = JsonNode.Parse(await http.GetStringAsync(new Uri($"{(string?)Services["toast"]?["apiUrl"]}/_simulator/truth"), cancellationToken));
        var restaurants = (truth?["restaurants"]?.AsArray() ?? []).Select(static item => item?["restaurant"]).OfType<JsonNode>().ToList();
        return [.. restaurants.Where(place => (string?)place["owner"] == (string?)restaurants[0]["owner"] && (bool?)place["archived"] == false).Select(static place => (string?)place["id"] ?? "")];
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
