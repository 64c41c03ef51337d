using System.Net;
using System.Net.Sockets;

namespace Sous.Plugins.Host.Http;

/// <summary>A port that nobody listens on at this moment.</summary>
internal static class UnusedPort
{
    public static int Find(IPAddress address)
    {
        using var listener = new TcpListener(address, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
