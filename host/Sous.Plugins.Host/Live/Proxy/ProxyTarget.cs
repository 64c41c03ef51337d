using Microsoft.AspNetCore.Http.Features;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Live.Proxy;

/// <summary>Where a passed-on call goes: below the connection's API address, and nowhere else.</summary>
internal static class ProxyTarget
{
    public const string Rule = "The path is one below the service's API address, without empty, '.' and '..' segments, encoded slashes, backslashes, percent signs and control characters; the service's addresses of authorization are the host's alone.";

    /// <summary>Segments before the path: the empty one, api, v1, tenants, its id, connections, its id, proxy.</summary>
    private const int Before = 8;

    // RFC 3986: what a segment consists of beside letters, digits and what is encoded.
    private const string Marks = "-._~!$&'()*+,;=:@%";

    private static readonly string[] s_refused = ["%2f", "%5c", "%25", "%7f"];

    /// <returns>Null where the address of the request leads elsewhere.</returns>
    public static Uri? Of(LiveDriver driver, HttpContext context)
    {
        // As it was sent: what routing has decoded cannot be encoded again as the service wants it.
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var path = raw.Split('?', 2)[0];
        var segments = path.Split('/');
        if (!path.StartsWith('/') || !Array.TrueForAll(segments[1..^1], IsPlain) || !(segments[^1].Length == 0 || IsPlain(segments[^1])))
        {
            return null;
        }

        var own = string.Join('/', segments.Skip(Before));
        return driver.Http.BaseAddress is { } api
            && Join(api, own, context.Request.QueryString.Value ?? "") is { } target
            && !IsAuthorization(driver.Manifest, own)
                ? target
                : null;
    }

    private static Uri? Join(Uri api, string path, string query)
    {
        var below = api.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/";
        return Uri.TryCreate($"{below}{path}{query}", UriKind.Absolute, out var joined)
            && joined is { UserInfo: "", Fragment: "" }
            && joined.GetLeftPart(UriPartial.Authority) == api.GetLeftPart(UriPartial.Authority)
            && joined.GetLeftPart(UriPartial.Path).StartsWith(below, StringComparison.Ordinal)
                ? joined
                : null;
    }

    // Some servers take what follows a semicolon for parameters, and the segment for what stands before.
    private static bool IsPlain(string segment)
        => segment.Length > 0
            && segment.All(static c => char.IsAsciiLetterOrDigit(c) || Marks.Contains(c))
            && !Array.Exists(s_refused, refused => segment.Contains(refused, StringComparison.OrdinalIgnoreCase))
            && Uri.UnescapeDataString(segment) is var plain
            && !plain.Contains('%')
            && !plain.Any(char.IsControl)
            && plain.Split(';', 2)[0] is not ("" or "." or "..");

    private static bool IsAuthorization(DriverManifest manifest, string path)
        => Join(manifest.ApiAddress, path, "") is { } target
            && ((Uri?[])[manifest.Authorization.AuthorizeAddress, manifest.Authorization.TokenAddress, manifest.Authorization.RevokeAddress])
                .Any(address => address is not null && address.IdnHost == target.IdnHost && IsAtOrBelow(PathOf(target), PathOf(address)));

    private static string PathOf(Uri address) => Uri.UnescapeDataString(address.AbsolutePath).TrimEnd('/') + "/";

    private static bool IsAtOrBelow(string path, string other) => other.Length > 1 && path.StartsWith(other, StringComparison.OrdinalIgnoreCase);
}
