using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>connections</c>: which accounts are connected, how they are, and what helps.</summary>
internal static class ConnectionsVerbs
{
    private static readonly Argument<string> s_connection = new("id") { Description = "The connection" };

    public static Command Create() => new("connections", "Which accounts are connected, how they are, and what helps")
    {
        List(),
        Show(),
        Connect(),
        Probe(),
        Act("pause", "Leave its service alone until it is resumed; its grant is kept alive", "status"),
        Act("resume", "Let a paused one go on", "status"),
        Reconnect(),
        Delete(),
    };

    private static Command List() => HostVerb.Online("list", "Every connection: its condition, why, who must act, and what happens next by itself", [ConnectionAddress.Tenant], async (parsed, host, stopping) =>
    {
        var items = new JsonArray();
        await foreach (var connection in ConnectionAddress.ListAsync(host, parsed.GetValue(ConnectionAddress.Tenant), stopping))
        {
            items.Add(connection.DeepClone());
        }

        Printed.List(
            new JsonObject { ["items"] = items },
            parsed,
            ("Id", "id"), ("Tenant", "tenant"), ("Driver", "driver"), ("Account", "accountName"), ("Status", "status"), ("Cause", "cause"), ("Who acts", "actor"));
        return ExitCode.Done;
    });

    private static Command Show() => Verb("show", "All that is known of one", async (parsed, host, path, stopping) =>
    {
        Printed.Members(await host.GetAsync(path, stopping), parsed);
        return ExitCode.Done;
    });

    private static Command Connect()
    {
        var tenant = new Option<string>("--tenant") { Description = "Whose it is to be", Required = true };
        var driver = new Option<string>("--driver") { Description = "The driver of the service", Required = true };
        var settings = new Option<string?>("--settings") { Description = "The driver's settings, a JSON object such as {\"folders\":[\"1AbC\"]}" };
        settings.Validators.Add(static result =>
        {
            if (result.Tokens is [var given] && !IsObject(given.Value))
            {
                result.AddError("--settings is a JSON object.");
            }
        });
        return HostVerb.Online(
            "connect",
            "Print the address at which its owner consents; the id of the connection at once where a service needs no owner. For this machine alone: elsewhere the platform completes what an owner granted",
            [tenant, driver, settings],
            async (parsed, host, stopping) =>
            {
                var path = $"api/v1/tenants/{Uri.EscapeDataString(parsed.GetValue(tenant) ?? "")}";
                var wish = new JsonObject { ["driver"] = parsed.GetValue(driver), ["settings"] = parsed.GetValue(settings) is { } json ? JsonNode.Parse(json) : null };
                try
                {
                    Printed.Text(await host.PostAsync($"{path}/connect-sessions", ByItself(wish), stopping), parsed, "url");
                }
                catch (HostRefusedException e) when (e.Code == "capability_absent")
                {
                    Printed.Text(await host.PostAsync($"{path}/connections", wish, stopping), parsed, "id");
                }

                return ExitCode.Done;
            });
    }

    private static Command Probe() => Verb("probe", "Ask its service whether it can be used; exit code 3 where not", async (parsed, host, path, stopping) =>
    {
        var end = await host.PostAsync($"{path}/probe", null, stopping);
        Printed.Members(end, parsed);
        return (bool?)end["ok"] == true ? ExitCode.Done : ExitCode.Findings;
    });

    private static Command Reconnect() => Verb("reconnect", "Print the address at which its owner renews it; its id, records and mappings stay", async (parsed, host, path, stopping) =>
    {
        Printed.Text(await host.PostAsync($"{path}/reconnect", ByItself([]), stopping), parsed, "url");
        return ExitCode.Done;
    });

    private static Command Delete() => Verb("delete", "Disconnect it: its grant is withdrawn at the service and its records are deleted", async (parsed, host, path, stopping) =>
    {
        Printed.Text(await host.DeleteAsync(path, stopping), parsed, "status");
        return ExitCode.Done;
    });

    private static Command Act(string verb, string description, string member) => Verb(verb, description, async (parsed, host, path, stopping) =>
    {
        Printed.Text(await host.PostAsync($"{path}/{verb}", null, stopping), parsed, member);
        return ExitCode.Done;
    });

    private static Command Verb(string name, string description, Func<ParseResult, HostClient, string, CancellationToken, Task<int>> action)
        => HostVerb.Online(name, description, [s_connection, ConnectionAddress.Tenant], async (parsed, host, stopping) =>
            await action(parsed, host, await ConnectionAddress.FindAsync(host, parsed, parsed.GetValue(s_connection) ?? "", stopping), stopping));

    /// <summary>Nobody is there to confirm who started: the owner's consent alone makes the connection, which a host takes on loopback only.</summary>
    private static JsonObject ByItself(JsonObject wish)
    {
        var session = wish.DeepClone().AsObject();
        session["completion"] = "automatic";
        return session;
    }

    private static bool IsObject(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
