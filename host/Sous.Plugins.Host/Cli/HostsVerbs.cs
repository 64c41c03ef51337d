using System.CommandLine;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>hosts</c>: who works, who helps, and who stands by.</summary>
internal static class HostsVerbs
{
    public static Command Create() => new("hosts", "The hosts on one database: which works, which help it, and which stand by") { List() };

    private static Command List() => HostVerb.Online("list", "The host that works, those that help it, and those that stand by to take over", [], async (parsed, host, stopping) =>
    {
        Printed.List(await host.GetAsync("api/v1/hosts", stopping), parsed, ("Host", "name"), ("State", "state"), ("Runs", "runs"), ("Version", "version"), ("Since", "since"), ("Heard", "heardAt"));
        return ExitCode.Done;
    });
}
