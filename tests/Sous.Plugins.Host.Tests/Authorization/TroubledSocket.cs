using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>A token endpoint of bare sockets, for what no web server would do.</summary>
internal sealed class TroubledSocket : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private int _port;

    public Uri Address => new($"http://127.0.0.1:{_port}/");

    /// <summary>What happens to a connection once its request has come.</summary>
    public Func<Socket, CancellationToken, Task> Answer { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Requests that came.</summary>
    public int Asked { get; private set; }

    public void Listen()
    {
        _listener = new TcpListener(IPAddress.Loopback, _port);
        _listener.Start();
        _port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Whoever connects from now on is refused.</summary>
    public void Refuse()
    {
        _listener?.Dispose();
        _listener = null;
    }

    public static Task ResetAsync(Socket socket)
    {
        // With no time to linger, closing sends a reset.
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
        return Task.CompletedTask;
    }

    public static Task SayAsync(Socket socket, string status, string type, string body, string headers = "", int? length = null)
        => socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {length ?? body.Length}\r\nConnection: close\r\n{headers}\r\n{body}"));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Refuse();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            var socket = await listener.AcceptSocketAsync(_stop.Token);
            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[8192];
            var text = "";
            while (!text.Contains("grant_type=", StringComparison.Ordinal))
            {
                text += Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, _stop.Token));
            }

            Asked++;
            await Answer(socket, _stop.Token);
        }
    }
}
