using System.Net;
using System.Net.Sockets;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>Addresses that no service on the internet has.</summary>
internal static class PrivateNetworks
{
    private static readonly IPNetwork[] Denied =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "64:ff9b:1::/48", "2001::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        }.Select(n => IPNetwork.Parse(n)),
    ];

    /// <summary>Prefixes of 16 bytes' addresses that carry an IPv4 address, and where in them it stands.</summary>
    private static readonly (IPNetwork Network, int Offset)[] Embedding =
    [
        (IPNetwork.Parse("64:ff9b::/96"), 12),
        (IPNetwork.Parse("2002::/16"), 2),
    ];

    /// <summary>Whether an address is private, local, reserved, or carries one that is.</summary>
    public static bool Contains(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return Contains(address.MapToIPv4());
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // A zone id takes part in comparisons and says nothing about the address.
            var plain = new IPAddress(address.GetAddressBytes());
            foreach (var (network, offset) in Embedding)
            {
                if (network.Contains(plain))
                {
                    return Contains(new IPAddress(plain.GetAddressBytes().AsSpan(offset, 4)));
                }
            }

            return Array.Exists(Denied, n => n.Contains(plain));
        }

        return Array.Exists(Denied, n => n.Contains(address));
    }
}
