using System.Net;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>
/// Where deliveries may go: to https on the internet, and to what the operator allowed. On a host that only this machine reaches
/// this machine may be told too. A name is judged by the addresses that it leads to, each time that one is connected to.
/// </summary>
internal sealed class DeliveryAddresses
{
    private const int Longest = 2000;
    private const string Setting = "SOUS_Deliveries__AllowedAddresses__0";

    private readonly List<Uri> _allowed;
    private readonly bool _isLocal;

    public DeliveryAddresses(IOptions<DeliveriesOptions> options, IConfiguration configuration)
    {
        _allowed = [.. options.Value.AllowedAddresses.Select(static text => new Uri(text))];
        _isLocal = LoopbackAddress.FindOther(ListenAddresses.ReadWithPublic(configuration)) is null;
    }

    public static string Remedy => $"name its origin in {Setting}";

    /// <summary>Whether it is what an operator may allow.</summary>
    public static bool IsOrigin(string? text)
        => Uri.TryCreate(text, UriKind.Absolute, out var origin) && (origin.Scheme == Uri.UriSchemeHttps || origin.Scheme == Uri.UriSchemeHttp) && origin is { UserInfo: "", PathAndQuery: "/", Fragment: "" };

    /// <summary>What is wrong with an address that is to be subscribed, or null.</summary>
    public string? FaultOf(string? text)
    {
        if (text is not { Length: <= Longest } || !Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
        {
            return $"The url is an https address of at most {Longest} characters.";
        }

        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            return "The url has neither a user name nor a fragment.";
        }

        if (IsAllowed(url))
        {
            return null;
        }

        return url.Scheme != Uri.UriSchemeHttps || !url.IsDefaultPort ? $"The url is https on port 443; an operator who means another must {Remedy}."
            : IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var literal) && PrivateNetworks.Contains(literal) ? $"The url leads into a private network; an operator who means that must {Remedy}."
            : null;
    }

    /// <summary>Whether a request may go there at all: rules may have become stricter since it was subscribed.</summary>
    public bool MayGoTo(Uri url) => IsAllowed(url) || (url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort);

    /// <summary>Whether an address in a private network may be connected to, by that name.</summary>
    public bool MayLieInside(string host, int port, IPAddress address)
        => (_isLocal && IPAddress.IsLoopback(address) && IsLoopback(host))
            || _allowed.Exists(origin => origin.Port == port && origin.IdnHost.Equals(host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase));

    private bool IsAllowed(Uri url) => (_isLocal && url.IsLoopback) || _allowed.Exists(origin => Uri.Compare(origin, url, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0);

    // What names this machine, not what some name server says is this machine.
    private static bool IsLoopback(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
