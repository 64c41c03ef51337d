using System.Net;
using System.Net.Sockets;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>
/// Opens connections to addresses that were checked: a name is resolved once, each of its addresses is judged, and it is
/// those that are connected to, so that no second answer of a name server comes in between.
/// </summary>
/// <param name="mayLieInside">Whether an operator let that address of that host and port lie in a private network.</param>
/// <param name="resolve">Names to addresses.</param>
/// <param name="remedy">How an operator lets it.</param>
internal sealed class GuardedConnector(Func<string, int, IPAddress, bool> mayLieInside, Func<string, CancellationToken, Task<IPAddress[]>> resolve, string remedy)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        if (Array.Find(addresses, address => PrivateNetworks.Contains(address) && !mayLieInside(host, port, address)) is { } inside)
        {
            throw new EgressRefusedException($"{host} leads to {inside}, inside a private network; if that is meant, {remedy}.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
