using System.Diagnostics.CodeAnalysis;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Live;

/// <summary>A driver opened for one live call: its calls are bounded in time, and end with the caller, the host, or the driver's service here.</summary>
internal sealed class LiveDriver : IAsyncDisposable
{
    private readonly BoundedSession _session;
    private readonly SyncingOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _clock;
    private readonly LiveDrivers _drivers;
    private readonly DriverBuild _build;
    private readonly GenerationUse _use;
    private readonly LiveCalls _calls;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private volatile string? _reason;

    public LiveDriver(DriverSession session, Connection connection, SyncingOptions options, IHostApplicationLifetime lifetime, TimeProvider clock, LiveDrivers drivers, LiveCalls calls)
    {
        (Driver, Connection, _options, _lifetime, _clock, _drivers, _calls, _stopped) = (session.Driver, connection.Id, options, lifetime, clock, drivers, calls, _stop.Token);
        (Manifest, Http, _build, _use) = (session.Generation.Manifest, session.Http, session.Generation.Build, session.Generation.Use);
        _session = new BoundedSession(session, options.StopGrace, clock);
        calls.Enter(this, connection.Driver);
    }

    /// <summary>Has the capability that it was opened for.</summary>
    public IDriver Driver { get; }

    public ConnectionId Connection { get; }

    public DriverManifest Manifest { get; }

    /// <summary>The driver's own way to its service, for calls past it.</summary>
    public HttpClient Http { get; }

    /// <summary>The stream as the manifest offers it, or null where it does not.</summary>
    public StreamManifest? Offers(StreamName stream) => Manifest.Streams.FirstOrDefault(offered => offered.Name == stream.Value);

    /// <summary>Ends with the caller, or with the host.</summary>
    public CancellationTokenSource Until(CancellationToken caller) => CancellationTokenSource.CreateLinkedTokenSource(caller, _lifetime.ApplicationStopping);

    /// <summary>One call into the driver.</summary>
    /// <exception cref="DriverException">The driver said what is wrong, or did not answer in time.</exception>
    /// <exception cref="DriverDefectException">It threw something else.</exception>
    public async Task<T> CallAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped);
        try
        {
            _stopped.ThrowIfCancellationRequested();
            return await DriverCall.RunAsync(call, _use, _options.PageTimeout, _clock, until.Token);
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DriverException(FailureKind.Misconfigured, _reason ?? "");
        }
    }

    /// <summary>Ends the call that is under way, and every later one.</summary>
    public void Stop(string reason)
    {
        _reason = reason;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in this very moment.
        }
    }

    /// <summary>Whether an exception is one of the driver's or its service's, and then what to say of it.</summary>
    public bool TryExplain(Exception exception, [NotNullWhen(true)] out LiveFailure? failure)
        => (failure = _drivers.Explain(Connection, _build, exception)) is not null;

    /// <summary>Lets go of something of the driver's; what hangs or fails there is left behind.</summary>
    public Task ReleaseAsync(IAsyncDisposable thing)
        => Task.Run(() => thing.DisposeAsync().AsTask()).WaitAsync(_options.StopGrace, _clock).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        _calls.Leave(this);
        await _session.DisposeAsync();
        _stop.Dispose();
    }
}
