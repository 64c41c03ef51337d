using System.CommandLine;
using System.CommandLine.Help;

namespace Sous.Plugins.Host.Cli;

/// <summary>The verbs and their options. stdout carries data only; what is wrong goes to stderr in one sentence, or with <c>--json</c> as one object.</summary>
internal static class CommandLine
{
    private const string Name = "sous-plugins";

    /// <summary>How long a stop may take before the process is ended: runs commit their page, the registry its writes.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private static readonly Option<string?> Urls = new("--urls") { Description = "Addresses to listen on [default: http://localhost:5080]" };

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Create().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await TellAsync(parsed, new VerbFailure(ExitCode.Syntax, string.Join(Environment.NewLine, parsed.Errors.Select(SyntaxFault.Of))));
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = Grace });
        }
        catch (Exception e) when (VerbFailure.Explain(e) is { } failure)
        {
            return await TellAsync(parsed, failure);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failed;
        }
    }

    /// <summary>All verbs.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("Brings a restaurant platform its tenants' outside data, by drivers.") { Urls, VerbOptions.Data, VerbOptions.Plugins, VerbOptions.Json };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = help.Action is HelpAction inner ? new HelpByName(inner, Name) : help.Action;
        root.SetAction(RunWorkerAsync);

        var run = new Command("run", "Run the worker (the default)") { Urls, VerbOptions.Data, VerbOptions.Plugins };
        run.SetAction(RunWorkerAsync);
        root.Add(run);

        var once = new Option<bool>("--once") { Description = "End when done: 0 only if everything arrived and tied out" };
        var orders = new Option<int>("--orders") { Description = "How many orders the simulated restaurants have", DefaultValueFactory = _ => 20_000 };
        orders.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is < 0 or > 10_000_000)
            {
                result.AddError("--orders is 0 to 10000000.");
            }
        });
        var demo = new Command("demo", "Connect a simulated restaurant group, sync it and tie its days out") { once, orders, VerbOptions.Plugins };
        demo.SetAction((parsed, stopping) => Demo.DemoVerb.RunAsync(
            new Demo.DemoOptions(parsed.GetValue(once), parsed.GetValue(orders), parsed.GetValue(VerbOptions.Plugins), parsed.GetValue(VerbOptions.Json)), stopping));
        root.Add(demo);

        root.Add(DoctorVerb.Create(Urls));
        root.Add(PluginsVerbs.Create());
        root.Add(KeysVerbs.Create());
        root.Add(SyncVerbs.Create());
        root.Add(CheckpointsVerbs.Create());
        root.Add(ConnectionsVerbs.Create());
        root.Add(LocationsVerbs.Create());
        root.Add(ChangesVerbs.Create());
        root.Add(DaysVerbs.Create());
        root.Add(DeliveriesVerbs.Create());
        root.Add(EventsVerbs.Create());
        root.Add(SecretsVerbs.Create());
        root.Add(EmergencyVerbs.Create());
        root.Add(AuditVerbs.Create());
        root.Add(LogsVerbs.Create());
        root.Add(HostsVerbs.Create());
        root.Add(CompletionVerb.Create());
        root.Add(BackupVerbs.Backup());
        root.Add(BackupVerbs.Restore());
        root.Add(BackupVerbs.Adopt());
        root.Add(MigrateVerb.Create());
        return root;
    }

    private static Task<int> RunWorkerAsync(ParseResult parsed, CancellationToken stopping)
    {
        if (!WindowsService.IsMeant)
        {
            return RunVerb.RunAsync(Settings(parsed), stopping);
        }

        // A service begins in a folder of the system's.
        Directory.SetCurrentDirectory(AppContext.BaseDirectory);
        return WindowsService.RunAsync(Name, token => RunVerb.RunAsync(Settings(parsed), token), Grace, stopping);
    }

    private static async Task<int> TellAsync(ParseResult parsed, VerbFailure failure)
    {
        await Console.Error.WriteLineAsync(parsed.GetResult(VerbOptions.Json) is { Implicit: false } ? failure.ToJson().ToJsonString() : failure.Sentence);
        return failure.ExitCode;
    }

    private static HostSettings Settings(ParseResult parsed) => new()
    {
        Urls = parsed.GetValue(Urls),
        Data = parsed.GetValue(VerbOptions.Data),
        Plugins = parsed.GetValue(VerbOptions.Plugins),
    };
}
