using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli.Development;

/// <summary><c>plugins dev</c>: builds a driver's project again and again as it changes, and has the running host serve each build.</summary>
internal static class DevVerb
{
    public static readonly Option<string?> Plugins = new("--plugins") { Description = "The host's plugins.json [default: the one that it runs with]" };

    private static readonly Argument<string> s_path = new("path") { Description = "The driver's project, or a folder that holds it" };
    private static readonly Option<bool> s_once = new("--once") { Description = "Build once and end: 0 done, 1 it does not build or is not taken, 3 its page changed or cannot be mapped" };
    private static readonly Option<bool> s_keep = new("--keep") { Description = "Leave the last build serving at the end; otherwise the entry that stood before is put back" };

    private static readonly Option<string?> s_connection = new("--connection") { Description = "The connection whose page is compared [default: the only one of the driver]" };
    private static readonly Option<string?> s_stream = new("--stream") { Description = "The page's stream [default: the driver's first]" };
    private static readonly Option<string?> s_location = new("--location") { Description = "The page's location, by the service's id [default: the first that has records]" };

    // Not in the help: they are there to be refused in a sentence.
    private static readonly Option<string?> s_url = Remote("--url");
    private static readonly Option<string?> s_key = Remote("--key");

    public static Command Create()
    {
        var verb = new Command(
            "dev",
            "Build a driver's project whenever it changes, have the host that runs on the data folder serve each build as a new generation, and show what that changes in one recorded page. "
            + "Ctrl-C ends it and puts back the driver's entry in plugins.json as it was; where there was none, the last build stays. Without a host it builds and checks")
        { s_path, s_once, s_keep, s_connection, s_stream, s_location, VerbOptions.Data, Plugins, s_url, s_key };
        verb.SetAction(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken stopping)
    {
        var clock = TimeProvider.System;
        var project = DriverProject.Find(parsed.GetValue(s_path) ?? "");
        var page = new JsonObject { ["connection"] = parsed.GetValue(s_connection), ["stream"] = parsed.GetValue(s_stream), ["location"] = parsed.GetValue(s_location) };
        var developed = new DevelopedDriver(project, page, parsed, clock);
        try
        {
            // From before the first build: what changes amid it is built next.
            using var watch = Watch(project.Folder, clock);
            while (true)
            {
                var report = await developed.BuildAsync(stopping);
                report.Print(parsed.GetValue(VerbOptions.Json));
                if (parsed.GetValue(s_once))
                {
                    return report.Exit;
                }

                await Printed.Progress(parsed.GetValue(VerbOptions.Json)).WriteLineAsync($"Waiting for changes in {project.Folder}; Ctrl-C ends.");
                await watch.WaitAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        finally
        {
            await developed.EndAsync(parsed.GetValue(s_keep));
        }
    }

    private static SourceWatch Watch(string folder, TimeProvider clock)
    {
        try
        {
            return new SourceWatch(folder, clock);
        }
        catch (IOException e)
        {
            throw new VerbFailedException(ExitCode.Failed, $"{folder} cannot be watched: {e.Message}", e);
        }
    }

    private static Option<string?> Remote(string name)
    {
        var option = new Option<string?>(name) { Hidden = true };
        option.Validators.Add(static result => result.AddError("plugins dev lays files into the host's plugins folder, so it works with a host on this machine: name its data folder with --data."));
        return option;
    }
}
