using System.CommandLine;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>hosts</c>: who works, and who stands by.</summary>
internal static class HostsVerbs
{
    public static Command Create() => new("hosts", "The hosts on one database: which works, and which stand by") { List() };

    private static Command List() => HostVerb.Online("list", "The host that works, and those that stand by to take over", [], async (parsed, host, stopping) =>
    {
        Printed.List(await host.GetAsync("api/v1/hosts", stopping), parsed, ("Host", "name"), ("State", "state"), ("Version", "version"), ("Since", "since"), ("Heard", "heardAt"));
        return ExitCode.Done;
    });
}
