using System.Net;
using System.Net.Sockets;

namespace Sous.Plugins.Host.Http;

/// <summary>Sorts clients for limits: an IPv4 address, or the /64 that an IPv6 network gives one customer.</summary>
internal static class ClientPartition
{
    /// <summary>
    /// How many partitions there are, whatever addresses come: a limiter for each address would let a holder of a large IPv6 network
    /// fill the memory. Which share one is drawn anew in each process, so nobody can choose whom to crowd out.
    /// </summary>
    public const int Count = 16_384;

    public static int Of(IPAddress? address)
    {
        var hash = default(HashCode);
        if (address is { IsIPv4MappedToIPv6: true })
        {
            address = address.MapToIPv4();
        }

        var bytes = address?.GetAddressBytes() ?? [];
        hash.AddBytes(address?.AddressFamily == AddressFamily.InterNetworkV6 ? bytes.AsSpan(0, 8) : bytes);
        return (int)((uint)hash.ToHashCode() % Count);
    }
}
