using System.Diagnostics;
using System.Text;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Processes;

/// <summary>The real host in a process of its own, as an operator starts it.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private bool _isDisposed;

    private HostProcess(Process process, Uri address, string data) => (_process, Address, Data) = (process, address, data);

    public Uri Address { get; }

    public string Data { get; }

    public int Id => _process.Id;

    /// <summary>All that it has written to stdout and stderr so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static readonly IReadOnlyDictionary<string, string?> NoSettings = new Dictionary<string, string?>();

    /// <summary>The host that is started: as it was built, or what SOUS_PUBLISHED_HOST names, compiled ahead as it is for an operator.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("SOUS_PUBLISHED_HOST") is { Length: > 0 } published
        ? published : Path.Combine(Tree.Root, "artifacts", "bin", "Sous.Plugins.Host", Tree.Configuration);

    public static Uri FreeAddress() => new($"http://127.0.0.1:{FreePort.Take()}/");

    /// <summary>Starts the host; returns at once.</summary>
    /// <param name="configuration">By key, as in <c>Clients:square:ClientId</c>; handed over as environment variables.</param>
    /// <param name="folder">Where it stands and looks for appsettings.json and plugins.json; the tree's root if null.</param>
    public static HostProcess Start(Uri address, string data, IReadOnlyDictionary<string, string?> configuration, string? folder = null, params string[] arguments)
        => StartUnder([], address, data, configuration, folder, arguments);

    /// <summary>Starts the host under a program that goes on to be the host itself.</summary>
    /// <param name="program">With its options; nothing for the host alone.</param>
    public static HostProcess StartUnder(
        IReadOnlyList<string> program, Uri address, string data, IReadOnlyDictionary<string, string?> configuration, string? folder = null, params string[] arguments)
    {
        string[] all = [.. program, "dotnet", Path.Combine(Folder, "Sous.Plugins.Host.dll"), "run", "--urls", address.GetLeftPart(UriPartial.Authority), "--data", data, .. arguments];
        var start = new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? Tree.Root };
        foreach (var (key, value) in configuration)
        {
            start.Environment["SOUS_" + key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var host = new HostProcess(Process.Start(start)!, address, data);
        host._process.OutputDataReceived += (_, line) => host.Append(line.Data);
        host._process.ErrorDataReceived += (_, line) => host.Append(line.Data);
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        return host;
    }

    /// <summary>Waits until the host answers that it is ready, or has ended.</summary>
    public Task ReadyAsync(CancellationToken cancellationToken) => AnswersAsync(static answer => Task.FromResult(answer.IsSuccessStatusCode), cancellationToken);

    /// <summary>Waits until the host answers so whether it is ready, or has ended.</summary>
    public async Task AnswersAsync(Func<HttpResponseMessage, Task<bool>> isSo, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Address };
        while (!_process.HasExited)
        {
            try
            {
                using var response = await http.GetAsync("health/ready", cancellationToken);
                if (await isSo(response))
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet: a process from outside offers no other signal.
            }

            await Task.Delay(20, cancellationToken);
        }

        throw new InvalidOperationException($"The host ended with {_process.ExitCode}:\n{Output}");
    }

    /// <summary>Waits until the host says that it is not ready, or does not answer.</summary>
    public async Task NotReadyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Address };
        try
        {
            while ((await http.GetAsync("health/ready", cancellationToken)).IsSuccessStatusCode)
            {
                await Task.Delay(20, cancellationToken);
            }
        }
        catch (HttpRequestException)
        {
            // Closed.
        }
    }

    /// <summary>Its resident memory in bytes.</summary>
    public long ReadResident()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    public HostClient Client() => new(Address, File.ReadAllText(Path.Combine(Data, "admin-key")).Trim());

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, as a service manager stops it.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        await SignalAsync("TERM", cancellationToken);
        return await WaitForExitAsync(cancellationToken);
    }

    /// <param name="signal">Its name, as in <c>STOP</c>.</param>
    public async Task SignalAsync(string signal, CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private void Append(string? line)
    {
        lock (_output)
        {
            // Null is the end of either stream, whichever comes first.
            if (line is not null)
            {
                _output.AppendLine(line);
            }
        }
    }
}
