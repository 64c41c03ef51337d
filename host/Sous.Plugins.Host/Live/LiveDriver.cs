using System.Diagnostics.CodeAnalysis;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Live;

/// <summary>A driver opened for one live call: its calls are bounded in time, and end with the caller or the host.</summary>
internal sealed class LiveDriver : IAsyncDisposable
{
    private readonly BoundedSession _session;
    private readonly SyncingOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _clock;
    private readonly LiveDrivers _drivers;
    private readonly DriverBuild _build;
    private readonly GenerationUse _use;

    public LiveDriver(DriverSession session, ConnectionId connection, SyncingOptions options, IHostApplicationLifetime lifetime, TimeProvider clock, LiveDrivers drivers)
    {
        (Driver, Connection, _options, _lifetime, _clock, _drivers) = (session.Driver, connection, options, lifetime, clock, drivers);
        (Manifest, Http, _build, _use) = (session.Generation.Manifest, session.Http, session.Generation.Build, session.Generation.Use);
        _session = new BoundedSession(session, options.StopGrace, clock);
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
    public Task<T> CallAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
        => DriverCall.RunAsync(call, _use, _options.PageTimeout, _clock, cancellationToken);

    /// <summary>Whether an exception is one of the driver's or its service's, and then what to say of it.</summary>
    public bool TryExplain(Exception exception, [NotNullWhen(true)] out LiveFailure? failure)
        => (failure = _drivers.Explain(Connection, _build, exception)) is not null;

    /// <summary>Lets go of something of the driver's; what hangs or fails there is left behind.</summary>
    public Task ReleaseAsync(IAsyncDisposable thing)
        => Task.Run(() => thing.DisposeAsync().AsTask()).WaitAsync(_options.StopGrace, _clock).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
