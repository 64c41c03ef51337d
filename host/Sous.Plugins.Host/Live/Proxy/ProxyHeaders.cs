using System.Collections.Frozen;
using System.Net.Http.Headers;

namespace Sous.Plugins.Host.Live.Proxy;

/// <summary>
/// Which headers go to a service and come back. There: all but those that speak for the caller, of the way or past the host, since
/// services have headers of their own. Back: only those that say something of the answer itself.
/// </summary>
internal static class ProxyHeaders
{
    /// <summary>The caller's identity, the connection's own framing (RFC 9110, 7.6.1), what the host negotiates itself, and methods under another name.</summary>
    private static readonly FrozenSet<string> s_kept = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Authorization", "Cookie", "Cookie2", "Host", "Origin", "Referer", "From",
        "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Expect", "Content-Length", "Max-Forwards",
        "Accept-Encoding", "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP",
        "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL",
        "Request-Id", "Correlation-Context", "traceparent", "tracestate", "baggage");

    private static readonly string[] s_keptFamilies = ["Proxy-", "Sec-", "X-Forwarded-", "X-Original-"];

    /// <summary>No Location: a caller's client would follow it, and a relative one to the host's own address.</summary>
    private static readonly FrozenSet<string> s_given = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Accept-Ranges", "Allow", "Content-Encoding", "Content-Language", "Content-Range", "Content-Type", "Deprecation", "ETag",
        "Last-Modified", "Link", "Preference-Applied", "Retry-After", "Square-Version", "Sunset", "X-Request-Id");

    /// <summary>What no header can hold on its way; null where all can be passed on.</summary>
    public static (string Field, string Message)? FaultOf(IHeaderDictionary headers)
        => headers.Where(static header => header.Value.Any(static value => !IsPlain(value))).Select(static header => ((string, string)?)(header.Key, $"The header {header.Key} is visible ASCII.")).FirstOrDefault();

    /// <param name="keyHeader">The one that the host authorizes with, where it is not Authorization.</param>
    public static void PassOn(IHeaderDictionary from, HttpRequestMessage to, string? keyHeader)
    {
        var named = from.Connection.SelectMany(static value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in from)
        {
            if (!IsKept(name, keyHeader) && !named.Contains(name) && !to.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                to.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }
    }

    public static void GiveBack(HttpResponseMessage from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from.Headers.NonValidated.Concat(from.Content.Headers.NonValidated))
        {
            if ((s_given.Contains(name) || name.Contains("RateLimit", StringComparison.OrdinalIgnoreCase)) && values.All(IsPlain))
            {
                to[name] = values.ToArray();
            }
        }
    }

    // Where a server turns names into variables, an underscore is a dash.
    private static bool IsKept(string name, string? keyHeader)
    {
        var plain = name.Replace('_', '-');
        return s_kept.Contains(plain) || plain.Equals(keyHeader, StringComparison.OrdinalIgnoreCase) || Array.Exists(s_keptFamilies, family => plain.StartsWith(family, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsPlain(string? value) => value is null || value.All(static c => c is (>= ' ' and <= '~') or '\t');
}
