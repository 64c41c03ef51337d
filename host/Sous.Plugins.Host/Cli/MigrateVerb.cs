using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;
using Spectre.Console;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>migrate</c>: the stores of a data folder into PostgreSQL, or back, while no host runs.</summary>
internal static class MigrateVerb
{
    private const string Postgres = "postgres";

    private const string Embedded = "embedded";

    public static Command Create()
    {
        var to = new Option<string>("--to")
        {
            Description = "postgres: from the data folder into the database that SOUS_Postgres names; embedded: from there into the data folder",
            Required = true,
        };
        to.CompletionSources.Add(Postgres, Embedded);
        to.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: not (Postgres or Embedded) }])
            {
                result.AddError($"--to is {Postgres} or {Embedded}.");
            }
        });
        var verb = new Command(
            "migrate",
            "Move all that is kept into PostgreSQL, or back into files, while no host runs; killed, run it again. "
                + "Example: SOUS_Postgres='Host=db;Database=sous;Username=sous;Password=…' sous-plugins migrate --to postgres --data /var/lib/sous")
        {
            to, VerbOptions.Data,
        };
        verb.SetAction((parsed, stopping) => RunAsync(parsed, parsed.GetValue(to) == Postgres, stopping));
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, bool isToPostgres, CancellationToken stopping)
    {
        var configuration = new ConfigurationBuilder().AddHostSettings(new HostSettings { Data = parsed.GetValue(VerbOptions.Data) }).Build();
        await using var embedded = EmbeddedSide.Open(Path.GetFullPath(configuration.ReadDataPath()));
        if (isToPostgres && !File.Exists(embedded.Folder.RegistryFile))
        {
            throw new VerbFailedException(ExitCode.Failed, $"There is nothing to move in the data folder {embedded.Folder.Path}: it holds no stores. Name another with --data.");
        }

        await using var database = await ClusterAssembly.OpenSideAsync(configuration, stopping)
            ?? throw new VerbFailedException(ExitCode.Failed, $"SOUS_{ClusterAssembly.Setting} is not set: it names the database, as Host=…;Database=…;Username=…;Password=…");
        var (source, target) = isToPostgres ? ((IMigrationSide)embedded, database) : (database, embedded);
        try
        {
            if ((await source.LookAsync(stopping)).IsEmpty)
            {
                throw new MigrationException($"There is nothing to move in {source.Where}: it holds no stores.");
            }

            var key = BootGate.CheckKeys(await source.ReadVaultAsync(stopping), embedded.Folder, configuration, TimeProvider.System).MasterKey;
            var report = await FollowAsync(advanced => new Migration(source, target, key.Id, TimeProvider.System, advanced).RunAsync(stopping));
            Print(report, parsed, isToPostgres ? Advice(key) : $"Start the host without SOUS_{ClusterAssembly.Setting}; it needs master key {key.Id}, as it did there.");
            return report.Moved ? ExitCode.Done : throw new MigrationException(
                $"{Differing(report)} What was copied to {target.Where} is not what {source.Where} holds: nothing was moved, and the source serves as before. Run it again; if it happens again, look after the disks.");
        }
        catch (StorageException e)
        {
            throw new MigrationException($"{e.Message.TrimEnd('.')}. Run it again, and it goes on.", e);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw new MigrationException("Stopped before the end. Run it again, and it goes on.");
        }
    }

    private static string Advice(MasterKey key) => key.Source == MasterKeySource.Generated
        ? $"Start the host with SOUS_{ClusterAssembly.Setting} set; it needs master key {key.Id}: move {key.Origin} to where it is safe, and name it in SOUS_MasterKeyFile."
        : $"Start the host with SOUS_{ClusterAssembly.Setting} set; it needs master key {key.Id}, as it did here.";

    private static string Differing(MigrationReport report) => $"These differ: {string.Join(", ", report.Tables.Where(static table => !table.IsEqual).Select(static table => table.Name))}.";

    private static void Print(MigrationReport report, ParseResult parsed, string advice)
    {
        if (parsed.GetValue(VerbOptions.Json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(report, MigrationsJson.Default.MigrationReport));
            return;
        }

        if (report.Tables.Count > 0)
        {
            var table = new Table().RoundedBorder().AddColumns("Table", "Rows there", "Rows here", "SHA-256 there", "SHA-256 here");
            foreach (var compared in report.Tables)
            {
                table.AddRow(
                    new Text(Printed.Plain(compared.Name)), Number(compared.SourceRows), Number(compared.TargetRows), new Text(compared.SourceHash[..16]), new Text(compared.TargetHash[..16]));
            }

            Printed.Table(table);
        }

        if (report.Moved)
        {
            Printed.Lines(
                new JsonObject(),
                parsed,
                $"All that {report.Source} held is in {report.Target}. What stands in {report.Source} stays as it was; no host starts on it any more.",
                advice,
                "Readers of a change feed are answered 410 feed_reset once, and read it again from 0.");
        }
    }

    private static Text Number(long number) => new(number.ToString("N0", CultureInfo.InvariantCulture));

    /// <summary>Shows on a terminal what is under way; stdout carries data only.</summary>
    private static Task<MigrationReport> FollowAsync(Func<Action<string, long>, Task<MigrationReport>> migrate)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return terminal.Profile is { Out.IsTerminal: true, Capabilities: { Ansi: true, Interactive: true } }
            ? terminal.Status().StartAsync("looking", status => migrate((what, rows) => status.Status(string.Create(CultureInfo.InvariantCulture, $"{what}: {rows:N0}"))))
            : migrate(static (_, _) => { });
    }
}
