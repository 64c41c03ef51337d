using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>
/// Where requests on behalf of a driver may go: to what its manifest names, by https and never into a private network, and
/// to what the operator set, as it was set.
/// </summary>
internal sealed class EgressPolicy
{
    private readonly string _driver;
    private readonly IReadOnlyList<Uri> _operators;
    private readonly IReadOnlyList<Uri> _manifests;
    private readonly IReadOnlyList<string> _hosts;
    private readonly Uri? _api;

    private EgressPolicy(string driver, Uri? api, IEnumerable<Uri?> operators, IEnumerable<Uri?> manifests, IReadOnlyList<string> hosts)
    {
        _driver = driver;
        _api = api;
        _operators = operators.OfType<Uri>().ToList();
        _manifests = manifests.OfType<Uri>().Where(a => a.Scheme == Uri.UriSchemeHttps).ToList();
        _hosts = hosts;
    }

    /// <summary>For a driver's own calls: an API address that the operator set stands in for the manifest's.</summary>
    public static EgressPolicy ForApi(DriverManifest manifest, OperatorAddresses operators)
        => new(manifest.Id, operators.Api ?? manifest.ApiAddress, [operators.Api], [operators.Api is null ? manifest.ApiAddress : null], manifest.AllowedHosts);

    /// <summary>For the host's token requests.</summary>
    public static EgressPolicy ForTokens(DriverManifest manifest, OperatorAddresses operators)
        => new(manifest.Id, null, [operators.Auth], operators.Auth is null ? [manifest.Authorization.TokenAddress, manifest.Authorization.RevokeAddress] : [], []);

    /// <summary>Lets a request pass, or refuses it.</summary>
    /// <exception cref="DriverException">The address is not one that the driver may call; the message names its host.</exception>
    public void Check(HttpRequestMessage request)
    {
        var uri = request.RequestUri;
        if (uri is not { IsAbsoluteUri: true })
        {
            throw new DriverException(FailureKind.Defect, $"The driver \"{_driver}\" sent a request without an address.");
        }

        if (uri.UserInfo.Length > 0 || (request.Headers.Host is { } named && !named.Equals(uri.IdnHost, StringComparison.OrdinalIgnoreCase)))
        {
            throw new DriverException(FailureKind.Defect, $"The driver \"{_driver}\" sent a request to {uri.IdnHost} under another name.");
        }

        if (!_operators.Any(a => IsSameOrigin(a, uri)) && !_manifests.Any(a => IsSameOrigin(a, uri)) && !(IsNamed(uri.IdnHost) && IsPlainHttps(uri)))
        {
            throw new DriverException(
                FailureKind.Defect,
                $"The driver \"{_driver}\" called {uri.Scheme}://{uri.IdnHost}:{uri.Port}, which its manifest does not name; it may call {string.Join(", ", Describe())}.");
        }
    }

    /// <summary>Whether the operator set this host and port, so that it may lie in a private network.</summary>
    public bool IsOperators(string host, int port) => _operators.Any(a => a.Port == port && a.IdnHost.Equals(host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase));

    /// <summary>What lies below the API's address, wherever that is: its path, beginning with a slash; null for all else.</summary>
    public string? FindApiPath(Uri? uri)
        => uri is not null && _api is { } api && IsSameOrigin(api, uri) && uri.AbsolutePath.StartsWith(api.AbsolutePath, StringComparison.Ordinal)
            ? uri.AbsolutePath[(api.AbsolutePath.Length - 1)..]
            : null;

    private bool IsNamed(string host) => _hosts.Any(h => h.StartsWith("*.", StringComparison.Ordinal)
        ? host.EndsWith(h[1..], StringComparison.OrdinalIgnoreCase) && host.Length >= h.Length
        : host.Equals(h, StringComparison.OrdinalIgnoreCase));

    private static bool IsPlainHttps(Uri uri) => uri.Scheme == Uri.UriSchemeHttps && uri.IsDefaultPort;

    private static bool IsSameOrigin(Uri a, Uri b) => a.Scheme == b.Scheme && a.Port == b.Port && a.IdnHost.Equals(b.IdnHost, StringComparison.OrdinalIgnoreCase);

    private IEnumerable<string> Describe() => _operators.Concat(_manifests).Select(a => a.GetLeftPart(UriPartial.Authority)).Concat(_hosts.Select(h => $"https://{h}"));
}
