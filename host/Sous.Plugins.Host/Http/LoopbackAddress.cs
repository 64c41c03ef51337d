using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sous.Plugins.Host.Http;

/// <summary>What may go on only where nobody from elsewhere reaches the host.</summary>
internal static class LoopbackAddress
{
    private static readonly string[] s_proxied = ["X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via"];

    /// <summary>The first address that is not of this machine alone, or null where all are.</summary>
    /// <param name="addresses">Every listener and the public URL.</param>
    public static string? FindOther(IEnumerable<string> addresses) => addresses.FirstOrDefault(static address => !IsLoopback(address));

    /// <summary>
    /// Whether a request comes from this machine itself: not by a proxy on it, which says for whom it asks, and not by a page whose name
    /// somebody lets lead here.
    /// </summary>
    public static bool IsFrom(HttpContext context)
        => context.Connection is { RemoteIpAddress: { } remote, LocalIpAddress: { } local } && IPAddress.IsLoopback(remote) && IPAddress.IsLoopback(local)
            && IsLoopbackName(context.Request.Host.Host)
            && !s_proxied.Any(context.Request.Headers.ContainsKey);

    private static bool IsLoopback(string address)
    {
        try
        {
            return IsLoopbackName(BindingAddress.Parse(address) is { IsUnixPipe: false } binding ? binding.Host : "localhost");
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool IsLoopbackName(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
