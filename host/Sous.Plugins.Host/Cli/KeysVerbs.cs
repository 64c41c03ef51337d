using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>keys</c>: the API's keys; works offline too, for who has lost the last one.</summary>
internal static class KeysVerbs
{
    private const string Path = "api/v1/keys";

    public static Command Create() => new("keys", "The API's keys") { CreateKey(), List(), Revoke() };

    private static Command CreateKey()
    {
        var scope = new Option<string>("--scope") { Description = "admin, or tenant:T", Required = true };
        var name = new Option<string?>("--name") { Description = "What it is for" };
        var expires = new Option<DateTimeOffset?>("--expires") { Description = "From when on it opens nothing, such as 2027-01-01T00:00:00Z [default: never]" };
        return HostVerb.OnlineOrOffline("create", "Make a key; its text is shown this once", [scope, name, expires], async (parsed, host, stopping) =>
        {
            var request = new JsonObject { ["scope"] = parsed.GetValue(scope), ["name"] = parsed.GetValue(name), ["expiresAt"] = parsed.GetValue(expires) };
            Printed.Text(await host.PostAsync(Path, request, stopping), parsed, "key");
            return ExitCode.Done;
        });
    }

    private static Command List() => HostVerb.OnlineOrOffline("list", "The keys that are valid", [], async (parsed, host, stopping) =>
    {
        Printed.List(await host.ListAsync(Path, stopping), parsed, ("Id", "id"), ("Scope", "scope"), ("Name", "name"), ("Created", "createdAt"), ("Expires", "expiresAt"));
        return ExitCode.Done;
    });

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "Its id, as listed" };
        return HostVerb.OnlineOrOffline("revoke", "Make a key invalid, from now on", [id], async (parsed, host, stopping) =>
        {
            await host.DeleteAsync($"{Path}/{Uri.EscapeDataString(parsed.GetValue(id) ?? "")}", stopping);
            return ExitCode.Done;
        });
    }
}
