using System.Net;
using Microsoft.AspNetCore.Http;

namespace Sous.Plugins.Host.Http;

/// <summary>What may go on only where nobody from elsewhere reaches the host.</summary>
internal static class LoopbackAddress
{
    /// <summary>The first address that is not of this machine alone, or null where all are.</summary>
    /// <param name="addresses">Every listener and the public URL.</param>
    public static string? FindOther(IEnumerable<string> addresses) => addresses.FirstOrDefault(static address => !IsLoopback(address));

    private static bool IsLoopback(string address)
    {
        try
        {
            var host = BindingAddress.Parse(address) is { IsUnixPipe: false } binding ? binding.Host.Trim('[', ']') : "localhost";
            return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
