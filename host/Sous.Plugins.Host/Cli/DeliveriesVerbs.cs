using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>deliveries</c>: what is on its way to the platform, what could not be delivered, and sending it again.</summary>
internal static class DeliveriesVerbs
{
    private static readonly Option<string> s_tenant = new("--tenant") { Description = "The tenant", Required = true };
    private static readonly Option<string?> s_subscription = new("--subscription") { Description = "One subscription, by its id" };

    public static Command Create() => new("deliveries", "Events on their way to the platform") { List(), Replay() };

    private static Command List()
    {
        var state = new Option<string?>("--state") { Description = "pending, delivered, dead or canceled [default: all]" };
        return HostVerb.Online("list", "The deliveries, oldest first", [s_tenant, s_subscription, state], async (parsed, host, stopping) =>
        {
            var filter = Filter("state", parsed.GetValue(state)) + Filter("subscription", parsed.GetValue(s_subscription));
            Printed.List(
                await host.ListAsync($"{Tenant(parsed)}/deliveries?{filter.TrimStart('&')}", stopping),
                parsed,
                ("Id", "id"), ("Type", "type"), ("Connection", "connection"), ("State", "state"), ("Attempts", "attempts"), ("Next", "nextAttempt"), ("Reason", "reason"));
            return ExitCode.Done;
        });
    }

    private static Command Replay()
    {
        var id = new Argument<string?>("id") { Description = "The delivery", Arity = ArgumentArity.ZeroOrOne };
        var data = new Option<FileInfo?>("--edited") { Description = "A file with a JSON object to send in place of the event's data", HelpName = "FILE" };
        var dead = new Option<bool>("--dead") { Description = "All that are dead of --subscription" };
        var verb = HostVerb.Online("replay", "Send a delivery again, as it is or edited; or all that are dead of a subscription", [id, data, dead, s_tenant, s_subscription], async (parsed, host, stopping) =>
        {
            if (parsed.GetValue(dead))
            {
                Printed.Text(await host.PostAsync($"{Tenant(parsed)}/subscriptions/{Uri.EscapeDataString(parsed.GetValue(s_subscription) ?? "")}/replay", null, stopping), parsed, "count");
                return ExitCode.Done;
            }

            var body = parsed.GetValue(data) is { } file ? new JsonObject { ["data"] = await ReadAsync(file, stopping) } : null;
            Printed.Text(await host.PostAsync($"{Tenant(parsed)}/deliveries/{Uri.EscapeDataString(parsed.GetValue(id) ?? "")}/replay", body, stopping), parsed, "id");
            return ExitCode.Done;
        });
        verb.Validators.Add(result =>
        {
            if (result.GetValue(dead) ? result.GetValue(id) is not null || result.GetValue(s_subscription) is null || result.GetValue(data) is not null : result.GetValue(id) is null)
            {
                result.AddError("Name a delivery, with --edited FILE to send that in its place, or --dead and --subscription.");
            }
        });
        return verb;
    }

    private static async Task<JsonNode?> ReadAsync(FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(file.FullName, cancellationToken));
        }
        catch (JsonException)
        {
            throw new VerbFailedException(ExitCode.Failed, $"{file.FullName} is not JSON.");
        }
    }

    private static string Filter(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    private static string Tenant(ParseResult parsed) => $"api/v1/tenants/{Uri.EscapeDataString(parsed.GetValue(s_tenant) ?? "")}";
}
