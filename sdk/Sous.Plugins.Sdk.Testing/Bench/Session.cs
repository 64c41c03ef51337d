using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Sdk.Testing.Calls;
using Sous.Plugins.Sdk.Testing.Loading;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Bench;

/// <summary>A driver at work for one connection, made as a host makes it. Disposing closes driver and client.</summary>
internal sealed class Session : IAsyncDisposable
{
    /// <summary>The longest that a call may take; a service on loopback needs a fraction of it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const long LargestAnswer = 64L << 20;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(5);

    private readonly HttpClient _client;

    private Session(HttpClient client, ServiceHandler wire, WatchedClock clock, IDriver driver)
        => (_client, Wire, Clock, Driver) = (client, wire, clock, driver);

    public IDriver Driver { get; }

    public ServiceHandler Wire { get; }

    public WatchedClock Clock { get; }

    public static Session Open(LoadedDriver driver, SampleService service, HttpMessageInvoker upstream, CapturedLog log, Interceptor? interceptor)
    {
        var wire = new ServiceHandler(service, driver.Manifest, upstream, interceptor);
        var client = new HttpClient(wire) { BaseAddress = service.Address, Timeout = CallTimeout, MaxResponseContentBufferSize = LargestAnswer };
        var clock = new WatchedClock(service.Clock);
        try
        {
            return new Session(client, wire, clock, driver.Factory.Create(new DriverContext
            {
                Http = client,
                HttpHandler = wire,
                ApiAddress = service.Address,
                Clock = clock,
                Logger = log,
                Settings = JsonElement.Parse(service.Settings),
            }));
        }
        catch (Exception e)
        {
            client.Dispose();
            throw new NotMadeException(e);
        }
    }

    /// <summary>Makes a call, on a thread of its own, until it ends, fails, or hands over more pages than it may.</summary>
    public async Task<CallOutcome> RunAsync(DriverCall call, Checkpoint? from, CancellationToken cancellationToken, int mostPages = 100_000)
    {
        var pages = new List<PageView>();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            await Task.Run(() => CollectAsync(call, from, pages, mostPages, deadline.Token), CancellationToken.None).WaitAsync(deadline.Token).ConfigureAwait(false);
            return new CallOutcome(Copy(pages), null);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new CallOutcome(Copy(pages), new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"It did not end within {Patience.TotalSeconds:0} s.")));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new CallOutcome(Copy(pages), e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // A driver that does not end must not keep the other rules from being tried; its own rule tells.
            await Task.Run(() => Driver.DisposeAsync().AsTask()).WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _client.Dispose();
        }
    }

    private async Task CollectAsync(DriverCall call, Checkpoint? from, List<PageView> pages, int mostPages, CancellationToken cancellationToken)
    {
        await foreach (var page in call.Run(Driver, from, cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            lock (pages)
            {
                pages.Add(page);
            }

            if (pages.Count >= mostPages)
            {
                throw new EndlessCallException($"It handed over {pages.Count} pages and did not end.");
            }
        }
    }

    private static List<PageView> Copy(List<PageView> pages)
    {
        lock (pages)
        {
            return [.. pages];
        }
    }
}
