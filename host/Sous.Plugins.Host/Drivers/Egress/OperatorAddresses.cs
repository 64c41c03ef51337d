using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>Addresses that the operator set for a driver in place of its manifest's: a sandbox, a simulator, a private gateway.</summary>
/// <param name="Api">Where the service's API is, with a slash at its end, or null for the manifest's.</param>
/// <param name="Auth">Where the service's authorization pages and token endpoints are, or null for the manifest's.</param>
internal sealed record OperatorAddresses(Uri? Api, Uri? Auth)
{
    /// <summary>Reads <c>Clients:{driver}:ApiUrl</c> and <c>AuthUrl</c>, the driver's id with <c>-</c> as <c>_</c>.</summary>
    /// <exception cref="DriverException">One of them is no address; the message names the setting.</exception>
    public static OperatorAddresses Read(IConfiguration configuration, DriverId driver)
    {
        var section = configuration.GetSection($"Clients:{driver.Value.Replace('-', '_')}");
        return new OperatorAddresses(ReadAddress(section, "ApiUrl"), ReadAddress(section, "AuthUrl"));
    }

    /// <summary>Services that do not publish where they are have an address below <c>.invalid</c> in their manifest: there the operator's is needed.</summary>
    /// <exception cref="DriverException">It is not set; the message names the settings.</exception>
    public void CheckFor(DriverManifest manifest)
    {
        var section = $"SOUS_Clients__{manifest.Id.Replace('-', '_')}__";
        string[] missing =
        [
            .. Api is null && IsPlaceholder(manifest.ApiAddress) ? (string[])[$"{section}ApiUrl"] : [],
            .. Auth is null && IsPlaceholder(manifest.Authorization.TokenAddress) ? (string[])[$"{section}AuthUrl"] : [],
        ];
        if (missing.Length > 0)
        {
            throw new DriverException(FailureKind.Misconfigured, $"{manifest.Name} does not publish its address: set {string.Join(" and ", missing)} to the one that it gave you.");
        }
    }

    /// <summary>
    /// What is wrong with such an address, or null; one that is absent or empty is not set. The operator's own network is the
    /// operator's to judge: a sandbox or a simulator may be there by plain http.
    /// </summary>
    public static string? FaultOf(string? text)
        => string.IsNullOrEmpty(text)
            || (Uri.TryCreate(text, UriKind.Absolute, out var address)
                && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
                && address is { UserInfo: "", Query: "", Fragment: "" })
            ? null
            : "is not an http or https address without user name, query and fragment";

    // RFC 6761: no such name can ever be resolved.
    private static bool IsPlaceholder(Uri? address) => address?.IdnHost.EndsWith(".invalid", StringComparison.OrdinalIgnoreCase) == true;

    private static Uri? ReadAddress(IConfigurationSection section, string name)
    {
        var text = section[name];
        if (FaultOf(text) is { } fault)
        {
            throw new DriverException(FailureKind.Misconfigured, $"SOUS_Clients__{section.Key}__{name} {fault}.");
        }

        return string.IsNullOrEmpty(text) ? null : new Uri(text.Trim().TrimEnd('/') + "/");
    }
}
