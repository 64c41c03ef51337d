using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Loading;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>How a driver comes into being, and that it does its work at all.</summary>
internal static class LoadingRules
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(5);

    public static void Load(string folder, LoadedDriver? driver, Exception? failure, Findings findings)
    {
        if (failure is not null)
        {
            findings.Add($"It does not load: {CallOutcome.Describe(failure.InnerException ?? failure)}.");
        }

        if (Directory.EnumerateFiles(folder, "Sous.Plugins.Sdk.dll", SearchOption.AllDirectories).Any())
        {
            findings.Add("Its folder carries its own Sous.Plugins.Sdk.dll, which would split the contract's types: reference the SDK as a package, or as a project with Private=\"false\" and ExcludeAssets=\"runtime\".");
        }

        if (driver is null)
        {
            return;
        }

        if (driver.Attribute.Id != driver.Manifest.Id || driver.Attribute.Contract != driver.Manifest.Contract)
        {
            findings.Add($"[assembly: SousDriver] says \"{driver.Attribute.Id}\" for contract {driver.Attribute.Contract}, driver.json says \"{driver.Manifest.Id}\" for {driver.Manifest.Contract}.");
        }

        if (!driver.Factory.GetType().IsVisible)
        {
            findings.Add($"The factory {driver.Factory.GetType()} is not public.");
        }
    }

    public static async Task ConstructAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        var flow = Flow.Begin();
        var started = TimeProvider.System.GetTimestamp();
        var factory = (IDriverFactory?)Activator.CreateInstance(bench.Driver.Factory.GetType());
        var session = bench.Open();
        await using (session.ConfigureAwait(false))
        {
            if (TimeProvider.System.GetElapsedTime(started) > Prompt)
            {
                findings.Add("Factory and driver took more than 5 s to be made.");
            }

            // What was begun on another thread shows itself with the first call; that the call itself makes none is known.
            await Task.Yield();
            findings.AddAll(session.Wire.Seen.Select(request => $"Making the driver sent {request}."));
            findings.AddAll(flow.Outside.Distinct().Select(to => $"Making the driver went to {to}, past the host's handler."));
            if (session.Clock.Timers > 0)
            {
                findings.Add($"Making the driver started {session.Clock.Timers} timer(s).");
            }

            if (factory is null || ReferenceEquals(session.Driver, bench.Driver.Factory))
            {
                findings.Add("The factory is the driver: each connection needs one of its own.");
            }
        }
    }

    public static Task WorkAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        findings.AddAll(bench.Runs.Where(run => run.Failure is not null).Select(run => $"The {run.Call.Name} failed at the healthy service: {CallOutcome.Describe(run.Failure ?? new InvalidOperationException())}."));
        var streams = bench.Driver.Manifest.Streams.Select(stream => stream.Name).ToList();
        var offered = bench.Runs.Select(run => run.Call.Stream).OfType<string>().ToHashSet();
        if (streams.Contains(StreamName.Sales.Value) && bench.Location is null)
        {
            findings.Add("There is no location to fetch sales of: the sample service has to have an active one, or to name it.");
        }
        else
        {
            findings.AddAll(streams.Where(stream => !offered.Contains(stream)).Select(stream => $"The manifest offers {stream}, and the driver has no {(stream == StreamName.Files.Value ? nameof(IStorageDriver) : nameof(IPosDriver))}."));
        }

        if (streams.Contains(StreamName.Files.Value) && bench.Service.FileId is null)
        {
            findings.Add("The sample service names no file to fetch: set FileId.");
        }

        foreach (var run in bench.Runs.Where(run => run.Failure is null && run.Call.Stream is not null && run.State.Count == 0))
        {
            findings.Add($"The {run.Call.Name} gave nothing: the sample service has to have data.");
        }

        return Task.CompletedTask;
    }

    public static Task StayAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        findings.AddAll(bench.Strayed.Distinct());
        return Task.CompletedTask;
    }
}
