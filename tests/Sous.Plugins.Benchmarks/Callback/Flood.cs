using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Sous.Plugins.Benchmarks.Callback;

/// <summary>Sends callbacks over raw sockets, one after another on each: a client as cheap as can be, since it shares the machine with what it measures.</summary>
internal static class Flood
{
    private const int Connections = 64;
    private const int Batch = 1;

    /// <returns>Answers in a second.</returns>
    public static async Task<double> RunAsync(Uri address, int requests)
    {
        var batches = requests / (Connections * Batch);
        var prepared = Enumerable.Range(0, Connections).Select(_ => Enumerable.Range(0, batches).Select(_ => Prepare(address)).ToArray()).ToArray();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(prepared.Select(batch => SendAsync(address, batch)));
        return batches * Connections * Batch / clock.Elapsed.TotalSeconds;
    }

    private static byte[] Prepare(Uri address)
    {
        var text = new StringBuilder();
        for (var i = 0; i < Batch; i++)
        {
            text.Append("GET /oauth/callback/square?state=").Append(CallbackBenchmark.ForgeState())
                .Append("&code=sq0cgb-abcdefghijklmnop HTTP/1.1\r\nHost: ").Append(address.Authority).Append("\r\n\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static async Task SendAsync(Uri address, byte[][] batches)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port);
        var buffer = new byte[64 << 10];
        var size = 0;
        foreach (var batch in batches)
        {
            await socket.SendAsync(batch);
            var missing = size == 0 ? int.MaxValue : size * Batch;
            var seen = new List<byte>();
            while (missing > 0)
            {
                var count = await socket.ReceiveAsync(buffer);
                if (count == 0)
                {
                    throw new InvalidOperationException("The server closed the connection.");
                }

                missing -= count;
                if (size == 0)
                {
                    // All answers are alike, so that the first tells the size of every other.
                    seen.AddRange(buffer.AsSpan(0, count));
                    if (SizeOfFirst(seen) is { } found)
                    {
                        size = found;
                        missing = (size * Batch) - seen.Count;
                    }
                }
            }

            if (missing < 0)
            {
                throw new InvalidOperationException("The answers are not all alike.");
            }
        }
    }

    private static int? SizeOfFirst(List<byte> seen)
    {
        var text = Encoding.ASCII.GetString([.. seen]);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        if (!text.StartsWith("HTTP/1.1 400", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"A forged callback was answered with {text[..text.IndexOf('\r', StringComparison.Ordinal)]}");
        }

        const string Name = "content-length: ";
        var length = text.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        return length < 0 || length > end
            ? throw new InvalidOperationException("The refusal does not say its length.")
            : end + 4 + int.Parse(text.AsSpan(length + Name.Length, text.IndexOf('\r', length) - length - Name.Length), System.Globalization.CultureInfo.InvariantCulture);
    }
}
