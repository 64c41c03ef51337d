using System.CommandLine;

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

        foreach (var tenant in (await host.GetAsync("api/v1/tenants", cancellationToken))["items"]?.AsArray() ?? [])
        {
            var name = (string?)tenant?["id"] ?? "";
            var connections = await host.GetAsync($"api/v1/tenants/{Uri.EscapeDataString(name)}/connections", cancellationToken);
            if (connections["items"]?.AsArray().Any(connection => (string?)connection?["id"] == id) == true)
            {
                return Of(name, id);
            }
        }

        throw new VerbFailedException(ExitCode.Failed, $"There is no connection {id}.");
    }

    private static string Of(string tenant, string id) => $"api/v1/tenants/{Uri.EscapeDataString(tenant)}/connections/{Uri.EscapeDataString(id)}";
}
