using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Runtime;
using Orleans.Runtime.Hosting;
using Orleans.Runtime.MembershipService;
using Orleans.Serialization;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>This host's end of the lines to others: an Orleans silo, reached over TLS by who has the same master key.</summary>
internal sealed class Silo : IFatalErrorHandler, IAsyncDisposable
{
    /// <summary>The name of the silo of the host that works.</summary>
    public const string OfWorker = "works";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IHost? _host;
    private bool _hasStarted;

    private Silo()
    {
    }

    /// <summary>Completes when it can go on no more, as after a time in which the others took it for dead.</summary>
    public Task Failed => _failed.Task;

    private IServiceProvider Services => _host?.Services ?? throw new InvalidOperationException("It has not started.");

    public IGrainFactory Hosts => Services.GetRequiredService<IGrainFactory>();

    /// <summary>The names of the silos that are there, its own among them.</summary>
    public IEnumerable<string> Members => Active.Select(static member => member.Name);

    /// <summary>Those whose grains are known here: a moment after they came.</summary>
    public IEnumerable<string> Known
    {
        get
        {
            var known = Services.GetRequiredService<IClusterManifestProvider>().Current.Silos;
            return Active.Where(member => known.ContainsKey(member.SiloAddress)).Select(static member => member.Name);
        }
    }

    private IEnumerable<ClusterMember> Active
        => Services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values.Where(static member => member.Status == SiloStatus.Active);

    /// <param name="services">The host's own.</param>
    /// <param name="addParts">Adds what its grains stand before.</param>
    public static async Task<Silo> StartAsync(PostgresDatabase database, string cluster, string name, IServiceProvider services, Action<IServiceCollection> addParts, CancellationToken cancellationToken)
    {
        var silo = new Silo();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        // What goes wrong with it is told by who started it; of Orleans' own words the host shows what it is told to.
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft", LogLevel.None).AddFilter("Polly", LogLevel.None)
            .AddProvider(new HostLogs(services.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton<IFatalErrorHandler>(silo);
        addParts(builder.Services);
        var options = services.GetRequiredService<IOptions<HostsOptions>>().Value;
        var connection = database.SiloConnectionString;
        // Where others reach it may be no address of this machine.
        var advertised = options.Address is { } address ? IPAddress.Parse(address) : database.FindOwnAddress();
        var own = options.Address is null ? advertised : advertised.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        var certificate = HostCertificate.Make(services.GetRequiredService<MasterKeys>().Current, TimeProvider.System.GetUtcNow());
        builder.UseOrleans(orleans => orleans
            .Configure<ClusterOptions>(set => (set.ClusterId, set.ServiceId) = (cluster, "sous-plugins"))
            .Configure<SiloOptions>(set => set.SiloName = name)
            .Configure<EndpointOptions>(set =>
            {
                set.AdvertisedIPAddress = advertised;
                set.SiloPort = options.Port > 0 ? options.Port : UnusedPort.Find(own);
                set.SiloListeningEndpoint = new IPEndPoint(own, set.SiloPort);
                set.GatewayPort = 0;
            })
            .Configure<ClusterMembershipOptions>(static set =>
            {
                (set.ProbeTimeout, set.NumMissedProbesLimit, set.NumVotesForDeathDeclaration) = (TimeSpan.FromSeconds(2), 3, 2);
                (set.TableRefreshTimeout, set.IAmAliveTablePublishTimeout) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
                (set.MaxJoinAttemptTime, set.DefunctSiloCleanupPeriod, set.DefunctSiloExpiration) = (TimeSpan.FromSeconds(30), TimeSpan.FromHours(1), TimeSpan.FromHours(1));
            })
            // Its grains are in no directory: caches of that would make room for a million at once, 18 MiB.
            .Configure<GrainDirectoryOptions>(static set => (set.CachingStrategy, set.CacheSize) = (GrainDirectoryOptions.CachingStrategyType.None, 100))
            .Configure<SiloMessagingOptions>(static set => (set.ResponseTimeout, set.WaitForCancellationAcknowledgement, set.MaxMessageBodySize) = (TimeSpan.FromDays(2), true, 100 << 20))
            .UseAdoNetClustering(set => (set.Invariant, set.ConnectionString) = ("Npgsql", connection))
            .UseTls(certificate, tls =>
            {
                tls.ClientCertificateMode = tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
                tls.RemoteCertificateValidation = (theirs, _, _) => HostCertificate.IsAlike(certificate, theirs);
                tls.OnAuthenticateAsClient = static (_, client) => client.TargetHost = "sous-plugins";
            })
            .AddGrainDirectory(OnItsHostDirectory.Name, static (_, _) => new OnItsHostDirectory())
            .AddPlacementDirector<OnItsHost, OnItsHostDirector>());
        builder.Services.AddSingleton(static parts => new LeavingTable(ActivatorUtilities.CreateInstance<AdoNetClusteringTable>(parts)))
            .AddSingleton<IMembershipTable>(static parts => parts.GetRequiredService<LeavingTable>());
        builder.Services.AddSerializer(static serializer => serializer.AddAssembly(typeof(Silo).Assembly));
        silo._host = builder.Build();
        try
        {
            await silo._host.StartAsync(cancellationToken);
            silo._hasStarted = true;
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    public bool IsUnexpected(Exception exception) => true;

    // Orleans would end the process; the host goes on without it.
    public void OnFatalException(object? sender, string? context, Exception? exception) => _failed.TrySetResult();

    /// <summary>Tells the others that it goes, if it has the time; what it cannot end within that it is left to.</summary>
    public async Task LeaveAsync(TimeSpan patience)
    {
        if (Interlocked.Exchange(ref _host, null) is { } host)
        {
            host.Services.GetRequiredService<LeavingTable>().Leave();
            var left = Task.Run(() => StopAsync(host, _hasStarted, patience));
            await left.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public ValueTask DisposeAsync() => new(LeaveAsync(s_patience));

    private static async Task StopAsync(IHost host, bool hasStarted, TimeSpan patience)
    {
        using var over = new CancellationTokenSource(patience);
        if (!hasStarted)
        {
            // Orleans refuses to stop a silo that did not come up. What it had begun would go on for as long as the process, some of it with a whole processor.
            await host.Services.GetRequiredService<ISiloLifecycleSubject>().OnStop(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await host.StopAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ((IAsyncDisposable)host).DisposeAsync().AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private sealed class HostLogs(ILoggerFactory loggers) : ILoggerProvider
    {
        private ILoggerFactory _loggers = loggers;

        public ILogger CreateLogger(string categoryName)
        {
            try
            {
                return _loggers.CreateLogger(categoryName);
            }
            catch (ObjectDisposedException)
            {
                // The host is gone before its silo.
                return NullLogger.Instance;
            }
        }

        // The factory is the host's, which the silo's remains do not keep.
        public void Dispose() => _loggers = NullLoggerFactory.Instance;
    }
}
