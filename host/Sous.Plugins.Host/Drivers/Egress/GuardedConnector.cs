using System.Net;
using System.Net.Sockets;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>
/// Opens connections to addresses that were checked: a name is resolved once, each of its addresses is judged, and it is
/// those that are connected to, so that no second answer of a name server comes in between.
/// </summary>
internal sealed class GuardedConnector(EgressPolicy policy, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        if (!policy.IsOperators(host, port) && Array.Find(addresses, PrivateNetworks.Contains) is { } inside)
        {
            throw new EgressRefusedException($"{host} leads to {inside}, inside a private network; if that is meant, set it as the driver's ApiUrl or AuthUrl.");
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
