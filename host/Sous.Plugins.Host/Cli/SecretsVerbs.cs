using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>secrets</c>: changes the keys under which the secrets lie.</summary>
internal static class SecretsVerbs
{
    private const string Path = "api/v1/secrets";

    public static Command Create() => new("secrets", "The keys under which the secrets lie") { RotateMaster() };

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

    // For a remote host the path is one of its machine, and stays as it is.
    private static string? Absolute(ParseResult parsed, Option<string?> file)
        => parsed.GetValue(file) is { } path && parsed.GetValue(VerbOptions.Url) is null ? System.IO.Path.GetFullPath(path) : parsed.GetValue(file);
}
