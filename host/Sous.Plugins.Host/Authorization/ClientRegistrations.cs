using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Our client registrations, from the configuration.</summary>
internal sealed class ClientRegistrations(IOptionsMonitor<AuthorizationOptions> options)
{
    /// <param name="missing">What to set, one sentence, where it is not there.</param>
    public bool TryGet(DriverId driver, [NotNullWhen(true)] out ClientRegistration? client, [NotNullWhen(false)] out string? missing)
    {
        var name = NameOf(driver);
        var found = options.CurrentValue.Clients.GetValueOrDefault(name);
        if (found is { ClientId.Length: > 0, ClientSecret.Length: > 0 })
        {
            client = new ClientRegistration(found.ClientId, new Secret(found.ClientSecret), found.AuthUrl is { Length: > 0 } url ? new Uri(url) : null);
            missing = null;
            return true;
        }

        var settings = (found?.ClientId, found?.ClientSecret) switch
        {
            ({ Length: > 0 }, _) => $"SOUS_Clients__{name}__ClientSecret",
            (_, { Length: > 0 }) => $"SOUS_Clients__{name}__ClientId",
            _ => $"SOUS_Clients__{name}__ClientId and SOUS_Clients__{name}__ClientSecret",
        };
        client = null;
        missing = $"There is no client registration for driver '{driver}': set {settings} to what the service gave you.";
        return false;
    }

    /// <summary>What the service signs its webhooks with; null where it is not set.</summary>
    /// <param name="setting">Where it is set.</param>
    public Secret? FindWebhookSecret(DriverId driver, out string setting)
    {
        setting = $"SOUS_Clients__{NameOf(driver)}__WebhookSecret";
        return options.CurrentValue.Clients.GetValueOrDefault(NameOf(driver))?.WebhookSecret is { Length: > 0 } secret ? new Secret(secret) : null;
    }

    private static string NameOf(DriverId driver) => driver.Value.Replace('-', '_');
}
