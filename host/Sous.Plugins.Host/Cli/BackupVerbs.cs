using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Backup;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>backup</c>, <c>restore</c>, <c>adopt</c>: both stores in one file, a data folder of such a file, and leave to work with it.</summary>
internal static class BackupVerbs
{
    private static readonly Argument<string> File = new("file") { Description = "The backup file" };

    public static Command Backup()
    {
        var force = new Option<bool>("--force") { Description = "Write over a file that is there" };
        return HostVerb.OnlineOrOffline(
            "backup",
            "Write both stores and the wrapped key ring into one file, while the host runs or not; never the master key",
            [File, force],
            async (parsed, host, stopping) =>
            {
                await using var backup = NewBackup.Create(parsed.GetValue(File) ?? "", parsed.GetValue(force));
                try
                {
                    await host.DownloadAsync("api/v1/backup", backup.Stream, stopping);
                }
                catch (HttpIOException e)
                {
                    throw new VerbFailedException(ExitCode.Failed, "The host broke the backup off; its log says why.", e);
                }

                var manifest = await backup.FinishAsync(stopping);
                Printed.Lines(ToJson(manifest), parsed, [$"{parsed.GetValue(File)} holds {Sum(manifest)}.", $"It needs master key {manifest.MasterKey}, which is not in it: keep that one elsewhere."]);
                return ExitCode.Done;
            });
    }

    public static Command Restore()
    {
        var force = new Option<bool>("--force") { Description = "Move aside what the data folder holds" };
        var verb = new Command("restore", "Make a data folder of a backup; its host waits until it is adopted") { File, VerbOptions.Data, force };
        verb.SetAction(async (parsed, stopping) =>
        {
            var configuration = new ConfigurationBuilder().AddHostSettings(new HostSettings { Data = parsed.GetValue(VerbOptions.Data) }).Build();
            await using var backup = await BackupFile.OpenAsync(parsed.GetValue(File) ?? "", stopping);
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

    private static JsonNode ToJson(BackupManifest manifest) => JsonSerializer.SerializeToNode(manifest, BackupJson.Default.BackupManifest) ?? new JsonObject();

    private static string Sum(BackupManifest manifest) => string.Create(
        CultureInfo.InvariantCulture,
        $"all as of {manifest.MadeAt:u}: records {manifest.Records:N0}, connections {manifest.Connections:N0}, tenants {manifest.Tenants:N0}");
}
