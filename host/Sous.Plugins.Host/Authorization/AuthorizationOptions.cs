namespace Sous.Plugins.Host.Authorization;

/// <summary>
/// Bound to the root of the configuration: <c>SOUS_PublicUrl</c>, <c>SOUS_ReturnAddresses__{id}</c>, <c>SOUS_Clients__{driver}__…</c>.
/// Addresses are kept as text, because binding passes over what is no address without a word; <see cref="AuthorizationOptionsValidator"/> does not.
/// </summary>
internal sealed class AuthorizationOptions
{
    /// <summary>The address under which browsers and services reach this host. Never taken from a request.</summary>
    public string PublicUrl { get; set; } = "http://localhost:5080";

    /// <summary>Where owners may be sent back to, by id: a connect session names the id, never an address.</summary>
    public Dictionary<string, string> ReturnAddresses { get; } = new(StringComparer.Ordinal);

    /// <summary>Our registrations at the services, by driver id with <c>-</c> as <c>_</c>.</summary>
    public Dictionary<string, ClientOptions> Clients { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Uri? FindReturnAddress(string? id)
        => id is not null && ReturnAddresses.TryGetValue(id, out var address) ? new Uri(address) : null;

    internal sealed class ClientOptions
    {
        public string? ClientId { get; set; }

        public string? ClientSecret { get; set; }

        /// <summary>What the service signs its webhooks with.</summary>
        public string? WebhookSecret { get; set; }

        /// <summary>Takes the place of scheme, host and port of the manifest's authorize, token and revoke addresses: a sandbox, a simulator.</summary>
        public string? AuthUrl { get; set; }

        /// <summary>Takes the place of the manifest's API address.</summary>
        public string? ApiUrl { get; set; }

        /// <summary>Takes the place of the manifest's limits, by <c>Registration</c> and <c>Connection</c>.</summary>
        public Dictionary<string, string?> RateLimits { get; } = new(StringComparer.OrdinalIgnoreCase);
    }
}
