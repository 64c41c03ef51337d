using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization;

/// <summary>The addresses that outsiders use, built from the configuration and nothing else.</summary>
internal sealed class PublicAddress(IOptions<AuthorizationOptions> options)
{
    private readonly Uri _root = new(options.Value.PublicUrl);

    public bool IsLoopback => _root.IsLoopback;

    public bool IsHttps => _root.Scheme == Uri.UriSchemeHttps;

    /// <summary>To be registered at the driver's service, to the letter.</summary>
    public string RedirectAddress(DriverId driver) => $"{_root.AbsoluteUri}oauth/callback/{driver}";

    /// <summary>To be registered at the driver's service, to the letter: it is part of what some services sign.</summary>
    public Uri WebhookAddress(DriverId driver, string key) => new($"{_root.AbsoluteUri}webhooks/{driver}/{key}");

    public string ConnectPage(string token) => $"{_root.AbsoluteUri}connect/{token}";
}
