using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Sous.Plugins.Testing;

/// <summary>A port of the loopback on which nobody listens.</summary>
public static class FreePort
{
    public static int Take()
    {
        while (true)
        {
            // Below the range that outgoing connections draw from: one of them could take it before the host listens.
            using var listener = new TcpListener(IPAddress.Loopback, RandomNumberGenerator.GetInt32(20_000, 32_000));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody does: another.
            }
        }
    }
}
