using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>The very requests that the driver sent, one after another over one client; nothing of the answers is kept.</summary>
internal sealed class Replay(HttpClient http, IReadOnlyList<ReplayedRequest> requests)
{
    private byte[] _buffer = new byte[1 << 20];

    public int Requests => requests.Count;

    /// <summary>Bytes of the answers of the last walk.</summary>
    public long Bytes { get; private set; }

    /// <summary>The bare loop: every token of every answer is walked.</summary>
    public Task<Measure> WalkAsync() => RunAsync(Walk);

    /// <summary>What the simulator alone takes: answers are read, not looked at.</summary>
    public Task<Measure> ReadAsync() => RunAsync(static _ => { });

    private async Task<Measure> RunAsync(Action<ReadOnlyMemory<byte>> take)
    {
        Bytes = 0;
        using var process = Process.GetCurrentProcess();
        var (processor, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        foreach (var request in requests)
        {
            var length = await FetchAsync(request);
            take(_buffer.AsMemory(0, length));
            Bytes += length;
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        process.Refresh();
        return new Measure(elapsed, process.TotalProcessorTime - processor);
    }

    private static void Walk(ReadOnlyMemory<byte> answer)
    {
        var reader = new Utf8JsonReader(answer.Span);
        while (reader.Read())
        {
        }
    }

    private async Task<int> FetchAsync(ReplayedRequest request)
    {
        using var message = request.ToMessage();
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            // What is not there, such as a shortcut's target, was not there for the driver either.
            response.EnsureSuccessStatusCode();
        }

        await using var body = await response.Content.ReadAsStreamAsync();
        var length = 0;
        while (await body.ReadAsync(_buffer.AsMemory(length)) is > 0 and var read)
        {
            length += read;
            if (length == _buffer.Length)
            {
                Array.Resize(ref _buffer, length * 2);
            }
        }

        return length;
    }
}
