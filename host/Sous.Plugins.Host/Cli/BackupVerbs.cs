using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>backup</c>, <c>restore</c>, <c>adopt</c>: both stores in one file, a data folder of such a file, and leave to work with it.</summary>
internal static class BackupVerbs
{
    public static Command Backup()
    {
        var file = new Argument<string>("file") { Description = "The backup file" };
        var force = new Option<bool>("--force") { Description = "Write over a file that is there" };
        return HostVerb.OnlineOrOffline(
            "backup",
            "Write both stores and the wrapped key ring into one file, while the host runs or not; never the master key",
            [file, force],
            async (parsed, host, stopping) =>
            {
                await using var backup = NewBackup.Create(parsed.GetValue(file) ?? "", parsed.GetValue(force));
                try
                {
                    await host.DownloadAsync("api/v1/backup", backup.Stream, stopping);
                }
                catch (HttpIOException e)
                {
                    throw new VerbFailedException(ExitCode.Failed, "The host broke the backup off; its log says why.", e);
                }

                var manifest = await backup.FinishAsync(stopping);
                Printed.Lines(ToJson(manifest), parsed, [$"{parsed.GetValue(file)} holds {Sum(manifest)}.", $"It needs master key {manifest.MasterKey}, which is not in it: keep that one elsewhere."]);
                return ExitCode.Done;
            });
    }

    public static Command Restore()
    {
        var force = new Option<bool>("--force") { Description = "Move aside what the data folder holds" };
        var file = new Argument<string?>("file") { Description = "The backup file", Arity = ArgumentArity.ZeroOrOne };
        var database = new Option<bool>("--database") { Description = "Of no file: what SOUS_Postgres names was set back to an earlier moment by its own means" };
        var verb = new Command("restore", "Make a data folder of a backup; its host waits until it is adopted") { file, VerbOptions.Data, force, database };
        verb.Validators.Add(result =>
        {
            if ((result.GetValue(file) is null) != result.GetValue(database))
            {
                result.AddError("restore wants either a backup file, or --database.");
            }
        });
        verb.SetAction(async (parsed, stopping) =>
        {
            if (parsed.GetValue(database))
            {
                return await SetBackAsync(parsed, stopping);
            }

            var configuration = new ConfigurationBuilder().AddHostSettings(new HostSettings { Data = parsed.GetValue(VerbOptions.Data) }).Build();
            await using var backup = await BackupFile.OpenAsync(parsed.GetValue(file) ?? "", stopping);
            using var target = RestoreTarget.Open(configuration.ReadDataPath(), parsed.GetValue(force));
            var aside = await new Restore(backup, target, TimeProvider.System).RunAsync(stopping);
            Printed.Lines(
                new JsonObject { ["data"] = target.Path, ["movedAside"] = aside, ["backup"] = ToJson(backup.Manifest) },
                parsed,
                [
                    $"{target.Path} holds {Sum(backup.Manifest)}.",
                    .. aside is null ? (string[])[] : [$"What stood there is in {aside}."],
                    $"It needs master key {backup.Manifest.MasterKey}. Its host answers reads and does nothing else until it is adopted: stop the host that the backup was taken of for good, then run: sous-plugins adopt",
                ]);
            return ExitCode.Done;
        });
        return verb;
    }

    public static Command Adopt() => HostVerb.Online("adopt", "Let a restored host work: the one that its backup was taken of must be stopped for good", [], async (parsed, host, stopping) =>
    {
        var end = await host.PostAsync("api/v1/adopt", null, stopping);
        Printed.Lines(end, parsed, [$"Adopted. Connections to be verified, one after another: {end["verifying"]}. Those that lost their grant since {end["backupAt"]} will need their owners to reconnect."]);
        return ExitCode.Done;
    });

    private static async Task<int> SetBackAsync(ParseResult parsed, CancellationToken stopping)
    {
        var configuration = new ConfigurationBuilder().AddHostSettings(new HostSettings { Data = parsed.GetValue(VerbOptions.Data) }).Build();
        var where = await ClusterAssembly.SetBackAsync(configuration, stopping)
            ?? throw new VerbFailedException(ExitCode.Failed, $"SOUS_{ClusterAssembly.Setting} is not set: it names the database, as Host=…;Database=…;Username=…;Password=…");
        Printed.Lines(
            new JsonObject { ["database"] = where },
            parsed,
            [$"{char.ToUpperInvariant(where[0])}{where[1..]} counts as restored. Its host answers reads and does nothing else until it is adopted: once no host works on what it was before, start it, and run: sous-plugins adopt"]);
        return ExitCode.Done;
    }

    private static JsonNode ToJson(BackupManifest manifest) => JsonSerializer.SerializeToNode(manifest, BackupJson.Default.BackupManifest) ?? new JsonObject();

    private static string Sum(BackupManifest manifest) => string.Create(
        CultureInfo.InvariantCulture,
        $"all as of {manifest.MadeAt:u}: records {manifest.Records:N0}, connections {manifest.Connections:N0}, tenants {manifest.Tenants:N0}");
}
