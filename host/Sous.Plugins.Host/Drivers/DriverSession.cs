using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers;

/// <summary>A driver at work for one connection, with what was lent to it. Disposing closes both.</summary>
internal sealed class DriverSession(LoadedDriver generation, IDriver driver, HttpClient http) : IAsyncDisposable
{
    private int _disposed;

    /// <summary>The generation that it came from, which counts it as a use.</summary>
    public LoadedDriver Generation { get; } = generation;

    /// <summary>The driver; its capabilities are interfaces of it.</summary>
    public IDriver Driver { get; } = driver;

    /// <summary>What was lent to it: authorized, within the service's limits, and restricted to the manifest's hosts. Its base address is the service's API.</summary>
    public HttpClient Http { get; } = http;

    /// <summary>What becomes of its calls; null where the client was not made by <see cref="DriverSessions"/>.</summary>
    public CallWatch? Calls { get; init; }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        try
        {
            await Driver.DisposeAsync();
        }
        finally
        {
            Http.Dispose();
            Generation.Use.Leave();
        }
    }
}
