using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>Which addresses a driver may call, by the host's own rule: the API's, and the manifest's hosts by https at their usual port.</summary>
internal sealed class HostGate(Uri api, DriverManifest manifest)
{
    public bool Allows(Uri uri) => uri.UserInfo.Length == 0 && (IsApi(uri) || (IsNamed(uri.IdnHost) && uri.Scheme == Uri.UriSchemeHttps && uri.IsDefaultPort));

    private bool IsApi(Uri uri) => uri.Scheme == api.Scheme && uri.Port == api.Port && uri.IdnHost.Equals(api.IdnHost, StringComparison.OrdinalIgnoreCase);

    private bool IsNamed(string host) => manifest.AllowedHosts.Any(h => h.StartsWith("*.", StringComparison.Ordinal)
        ? host.EndsWith(h[1..], StringComparison.OrdinalIgnoreCase) && host.Length >= h.Length
        : host.Equals(h, StringComparison.OrdinalIgnoreCase));
}
