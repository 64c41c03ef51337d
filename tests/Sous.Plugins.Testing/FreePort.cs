using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Sous.Plugins.Testing;

/// <summary>A port of the loopback on which nobody listens, and which no other test process is given while this one lives: what listens there may come and go.</summary>
public static class FreePort
{
    private static readonly string s_claims = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "sous-ports")).FullName;
    private static readonly ConcurrentBag<FileStream> s_taken = [];

    public static int Take()
    {
        while (true)
        {
            // Below the range that outgoing connections draw from: one of them could take it before the host listens.
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                s_taken.Add(new FileStream(Path.Combine(s_claims, port.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
                listener.Start();
                return port;
            }
            catch (Exception e) when (e is IOException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            {
                // Somebody has it: another.
            }
        }
    }
}
