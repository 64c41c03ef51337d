using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>emergency</c>: what an operator does when something is compromised.</summary>
internal static class EmergencyVerbs
{
    public static Command Create() => new("emergency", "When a driver, a service or a tenant is compromised")
    {
        PluginsVerbs.EmergencyDisable(),
        OfTenant("freeze-tenant", "Stop all that goes on for a tenant: runs, live calls, webhooks; its records and grants stay"),
        OfTenant("unfreeze-tenant", "Let all go on for a tenant, from where it stopped"),
        RevokeAll(),
    };

    private static Command OfTenant(string name, string description)
    {
        var tenant = new Argument<string>("tenant") { Description = "The tenant's id" };
        return HostVerb.Online(name, description, [tenant], async (parsed, host, stopping) =>
        {
            Printed.Members(await host.PostAsync($"api/v1/emergency/{name}", new JsonObject { ["tenant"] = parsed.GetValue(tenant) }, stopping), parsed);
            return ExitCode.Done;
        });
    }

    private static Command RevokeAll()
    {
        var driver = new Option<string?>("--driver") { Description = "A driver's id: all tenants' grants at its service" };
        var tenant = new Option<string?>("--tenant") { Description = "A tenant's id: all its grants" };
        var verb = HostVerb.Online("revoke-all", "Withdraw all grants of a driver or a tenant; records are kept, and owners can reconnect", [driver, tenant], async (parsed, host, stopping) =>
        {
            var request = new JsonObject { ["driver"] = parsed.GetValue(driver), ["tenant"] = parsed.GetValue(tenant) };
            Printed.Text(await host.PostAsync("api/v1/emergency/revoke-all", request, stopping), parsed, "revoking");
            return ExitCode.Done;
        });
        verb.Validators.Add(result =>
        {
            if ((result.GetValue(driver) is null) == (result.GetValue(tenant) is null))
            {
                result.AddError("Name either --driver or --tenant.");
            }
        });
        return verb;
    }
}
