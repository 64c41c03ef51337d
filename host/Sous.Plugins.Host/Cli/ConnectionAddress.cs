using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary>Where the API keeps a connection that a verb names by its id alone.</summary>
internal static class ConnectionAddress
{
    public static readonly Option<string?> Tenant = new("--tenant") { Description = "The tenant that the connection belongs to; looked for where it is not said, which needs an admin key" };

    /// <exception cref="VerbFailedException">No tenant has such a connection.</exception>
    public static async Task<string> FindAsync(HostClient host, ParseResult parsed, string id, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(Tenant) is { } known)
        {
            return Of(known, id);
        }

        await foreach (var connection in ListAsync(host, null, cancellationToken))
        {
            if ((string?)connection["id"] == id)
            {
                return Of((string?)connection["tenant"] ?? "", id);
            }
        }

        throw new VerbFailedException(ExitCode.Failed, $"There is no connection {id}.");
    }

    /// <summary>The connections of a tenant, or those of all, which needs an admin key.</summary>
    public static async IAsyncEnumerable<JsonObject> ListAsync(HostClient host, string? tenant, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tenants = tenant is not null ? [tenant] : Items(await host.ListAsync("api/v1/tenants", cancellationToken)).Select(static one => (string?)one["id"] ?? "");
        foreach (var name in tenants)
        {
            foreach (var connection in Items(await host.ListAsync($"api/v1/tenants/{Uri.EscapeDataString(name)}/connections", cancellationToken)))
            {
                yield return connection;
            }
        }
    }

    private static IEnumerable<JsonObject> Items(JsonNode answer) => (answer["items"]?.AsArray() ?? []).OfType<JsonObject>();

    private static string Of(string tenant, string id) => $"api/v1/tenants/{Uri.EscapeDataString(tenant)}/connections/{Uri.EscapeDataString(id)}";
}
