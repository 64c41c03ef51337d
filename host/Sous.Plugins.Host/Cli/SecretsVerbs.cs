using System.CommandLine;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Credentials;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>secrets</c>: changes the keys under which the secrets lie.</summary>
internal static class SecretsVerbs
{
    private const string Path = "api/v1/secrets";

    public static Command Create() => new("secrets", "The keys under which the secrets lie") { RotateMaster(), RotateData() };

    private static Command RotateMaster()
    {
        var file = new Option<string?>("--new-key-file") { Description = "Holds the new key: 32 bytes in base64, mode 0600; needed unless the present key was generated" };
        return HostVerb.OnlineOrOffline(
            "rotate-master",
            "Wrap the key ring by another master key",
            [file],
            parsed => new OfflineTerms(OtherMasterKeyFile: Absolute(parsed, file)),
            async (parsed, host, stopping) =>
            {
                var changed = await host.PostAsync($"{Path}/rotate-master", new JsonObject { ["newKeyFile"] = Absolute(parsed, file) }, stopping);
                Printed.Text(changed, parsed, "nextStart");
                return ExitCode.Done;
            });
    }

    private static Command RotateData()
    {
        var wait = new Option<bool>("--wait") { Description = "Wait until all is encrypted anew, and show how far it is; without a running host always" };
        return HostVerb.OnlineOrOffline(
            "rotate-data",
            "Make a new ring key and new data keys, and encrypt every stored secret anew",
            [wait],
            static _ => new OfflineTerms(Ring: RingDemand.ReadableKeys),
            async (parsed, host, stopping) =>
            {
                var rotation = await host.PostAsync($"{Path}/rotate-data", null, stopping);
                if (parsed.GetValue(wait) || host.EndsWithVerb)
                {
                    rotation = await RotationProgress.FollowAsync(host, $"{Path}/rotation", Printed.Progress(parsed.GetValue(VerbOptions.Json)), stopping);
                }

                Printed.Text(rotation, parsed, "state");
                return (long?)rotation["unreadable"] is > 0 ? ExitCode.Findings : ExitCode.Done;
            });
    }

    // For a remote host the path is one of its machine, and stays as it is.
    private static string? Absolute(ParseResult parsed, Option<string?> file)
        => parsed.GetValue(file) is { } path && parsed.GetValue(VerbOptions.Url) is null ? System.IO.Path.GetFullPath(path) : parsed.GetValue(file);
}
