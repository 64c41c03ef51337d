using System.Globalization;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether we are registered as a client at each driver's service, and what is to be registered there.</summary>
internal sealed class RegistrationsCheck(EnabledPlugins plugins, ClientRegistrations clients, PublicAddress address, StoredRegistry stored, IServiceProvider services) : ICheck
{
    private const string Gives = "Set it to what the service's developer console shows.";

    public static string Name => "registrations";

    public static string Remedy => Gives;

    public async ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        var connections = stored() is { } registry ? await registry.ListAsync(Connection.Collection, "", cancellationToken) : [];
        var found = new List<Diagnosis>();
        foreach (var row in plugins().Where(static row => row.Manifest is { Authorization.Kind: not AuthorizationKind.ApiKey }))
        {
            found.Add(await JudgeAsync(row, connections.Count(connection => connection.Driver == row.Id), cancellationToken));
        }

        return found;
    }

    private async ValueTask<Diagnosis> JudgeAsync(DriverRow row, int connections, CancellationToken cancellationToken)
    {
        var check = $"registration {row.Id}";

        // What takes webhooks only the loaded driver tells.
        var webhook = row.Capabilities is null ? null : await services.GetRequiredService<DriverWebhooks>()(row, cancellationToken);
        var judged = !clients.TryGet(row.Id, out _, out var missing)
            ? connections > 0
                ? Diagnosis.Failed(check, string.Create(CultureInfo.InvariantCulture, $"{missing} Its {connections} connections cannot renew their grants."), Gives)
                : Diagnosis.Warning(check, missing, Gives)
            : webhook?.Remedy is { } remedy ? Diagnosis.Warning(check, webhook.Untold?.Says ?? "Its webhooks cannot be verified.", remedy)
            : Diagnosis.Ok(check, "The host is registered.");
        return judged with
        {
            RedirectAddress = row.Manifest?.Authorization.Kind == AuthorizationKind.OauthCode ? address.RedirectAddress(row.Id) : null,
            WebhookAddress = webhook?.Address,
        };
    }
}
