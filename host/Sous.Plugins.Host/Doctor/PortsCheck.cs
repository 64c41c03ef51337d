using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether the worker listens or, while it does not run, could.</summary>
internal sealed class PortsCheck(IConfiguration configuration, IServer server) : ICheck
{
    public static string Name => "ports";

    public static string Remedy => "Stop the program that listens there, or choose another address with SOUS_Urls (or --urls) or SOUS_PublicListen.";

    public ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        if (server.Features.Get<IServerAddressesFeature>()?.Addresses is { Count: > 0 } listening)
        {
            return ValueTask.FromResult<IReadOnlyList<Diagnosis>>([Diagnosis.Ok(Name, $"The worker listens on {string.Join(", ", listening)}.")]);
        }

        var wanted = ListenAddresses.ReadAll(configuration);
        List<Diagnosis> faults = [.. wanted.Select(static address => FaultOf(address)).OfType<string>().Select(static fault => Diagnosis.Failed(Name, fault, Remedy))];
        return ValueTask.FromResult<IReadOnlyList<Diagnosis>>(faults.Count > 0 ? faults : [Diagnosis.Ok(Name, $"{string.Join(", ", wanted)} can be listened on.")]);
    }

    private static string? FaultOf(string address)
    {
        var binding = BindingAddress.Parse(address);
        try
        {
            foreach (var ip in AddressesOf(binding.Host))
            {
                using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(ip, binding.Port));
                socket.Listen();
            }

            return null;
        }
        catch (SocketException e)
        {
            return $"The worker could not listen on {address}: {e.Message}.";
        }
    }

    // As Kestrel takes them: a name that is no address means every interface.
    private static IEnumerable<IPAddress> AddressesOf(string host)
        => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback, .. Socket.OSSupportsIPv6 ? [IPAddress.IPv6Loopback] : Array.Empty<IPAddress>()]
            : [IPAddress.TryParse(host.Trim('[', ']'), out var ip) ? ip : IPAddress.Any];
}
