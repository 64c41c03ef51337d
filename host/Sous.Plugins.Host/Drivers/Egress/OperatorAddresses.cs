using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

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

    private static Uri? ReadAddress(IConfigurationSection section, string name)
    {
        if (section[name] is not { Length: > 0 } text)
        {
            return null;
        }

        return Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
            && address is { UserInfo: "", Query: "", Fragment: "" }
            ? address
            : throw new DriverException(FailureKind.Misconfigured, $"The setting {section.Path}:{name} is not an http or https address.");
    }
}
