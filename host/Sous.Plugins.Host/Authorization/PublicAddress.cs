using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization;

/// <summary>The addresses that outsiders use, built from the configuration and nothing else.</summary>
internal sealed class PublicAddress(IOptions<AuthorizationOptions> options)
{
    private string Root => options.Value.PublicUrl.AbsoluteUri.TrimEnd('/');

    public bool IsLoopback => options.Value.PublicUrl.IsLoopback;

    public bool IsHttps => options.Value.PublicUrl.Scheme == Uri.UriSchemeHttps;

    /// <summary>To be registered at the driver's service, to the letter.</summary>
    public string RedirectAddress(DriverId driver) => $"{Root}/oauth/callback/{driver}";

    public string ConnectPage(string token) => $"{Root}/connect/{token}";
}
