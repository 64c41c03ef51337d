using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>Prism as a validating proxy: what breaks the definition, in either direction, is answered with an error and kept.</summary>
public sealed class PrismProxy : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _output = new();

    private PrismProxy(Process process, Uri address)
    {
        _process = process;
        Address = address;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"Prism ended early:\n{string.Join('\n', _output.TakeLast(20))}"));
    }

    public Uri Address { get; }

    /// <summary>What broke the definition, as seen by the handlers that this proxy made.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    public static async Task<PrismProxy> StartAsync(string definition, Uri upstream, CancellationToken cancellationToken)
    {
        var prism = Path.Combine(StagedDriver.Tree(), "tests", "prism", "node_modules", ".bin", "prism");
        Assert.True(File.Exists(prism), "Prism is not installed: run `npm ci` in tests/prism.");
        var port = FreePort();
        var start = new ProcessStartInfo(prism, ["proxy", "--errors", definition, upstream.GetLeftPart(UriPartial.Authority), "--port", $"{port}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var proxy = new PrismProxy(process, new Uri($"http://127.0.0.1:{port}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await proxy._ready.Task.WaitAsync(TimeSpan.FromMinutes(2), cancellationToken);
        return proxy;
    }

    /// <summary>A handler that goes to the network and keeps the violations of what passes through it.</summary>
    public HttpMessageHandler CreateHandler() => new ViolationHandler(_violations) { InnerHandler = new SocketsHttpHandler { AllowAutoRedirect = false } };

    public HttpClient CreateClient() => new(CreateHandler()) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        if (line.Contains("Prism is listening", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
