using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Deliveries;
using Sous.Plugins.Host.Doctor;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Emergency;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Live;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host;

/// <summary>The composed worker: its rooms, its listener, and the order in which they start.</summary>
internal sealed partial class Worker : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataFolder _folder;
    private readonly SharedStores? _shared;

    private Worker(WebApplication app, DataFolder folder, SharedStores? shared) => (_app, _folder, _shared) = (app, folder, shared);

    /// <summary>Starts it. What forbids the start is thrown before a byte of the data folder is written.</summary>
    public static Task<Worker> StartAsync(HostSettings settings, CancellationToken cancellationToken) => StartAsync(settings, TimeProvider.System, cancellationToken);

    /// <summary>The same by another clock: a proof moves it.</summary>
    public static async Task<Worker> StartAsync(HostSettings settings, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (worker, boot) = await PrepareAsync(settings, holds: true, clock, cancellationToken);
        try
        {
            await worker.OpenAsync(boot, cancellationToken);
            return worker;
        }
        catch
        {
            await worker.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Stands by while another host works on the database that is set, or while that is away from one that worked there: until it may begin, it says
    /// at the same addresses that it does not serve.
    /// </summary>
    /// <param name="hasWorked">Whether it has worked there before; whatever would forbid a start of one that has not is thrown at once.</param>
    public static async Task StandByAsync(HostSettings settings, bool hasWorked, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder(settings);
        await using var checkedUp = hasWorked ? null : (await PrepareAsync(settings, holds: false, TimeProvider.System, cancellationToken)).Worker;
        using var folder = hasWorked ? DataFolder.Open(builder.Configuration.ReadDataPath()) : null;
        await Standby.WaitAsync(builder, cancellationToken);
    }

    /// <summary>Its parts over a folder on which none runs, as a start would compose them, to be looked at: nothing is started, and where the boot gate forbids it the registry is not opened.</summary>
    public static WebApplication Compose(HostSettings settings, DataFolder folder)
    {
        var builder = CreateBuilder(settings);
        BootReport? boot = null;
        try
        {
            boot = BootGate.Check(folder, builder.Configuration, TimeProvider.System);
        }
        catch (Exception e) when (e is BootGateException or StorageException)
        {
            // The check of the keys tells.
        }

        AddRooms(builder, folder, boot ?? new BootReport(new GeneratedKeyFile(folder).Make(), []), TimeProvider.System);
        builder.Services.AddDoctorAlone(isOpen: boot is not null);
        return builder.Build();
    }

    /// <summary>Everything that answers: a test walks it.</summary>
    public IReadOnlyList<Endpoint> Endpoints => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>One of its parts: a proof looks at it.</summary>
    public T Get<T>()
        where T : class => _app.Services.GetRequiredService<T>();

    /// <summary>Whether its hold on the database is lost, so that another host may work there; of one that was started, until it is disposed of.</summary>
    public bool IsLost => _shared is { Lost.IsCompleted: true };

    /// <returns>Whether it was told to; false where it stopped by itself.</returns>
    public async Task<bool> WaitForShutdownAsync(CancellationToken cancellationToken)
    {
        await StoppedAsync(_app.WaitForShutdownAsync(cancellationToken));
        return !IsLost && !_app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(static part => part.ExecuteTask is { IsFaulted: true });
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StoppedAsync(_app.StopAsync());
        }
        finally
        {
            HostFile.Delete(_folder);
            await _app.DisposeAsync();
            await (_shared?.DisposeAsync() ?? ValueTask.CompletedTask);
            _folder.Dispose();
        }
    }

    /// <summary>Composed on its folder and its database, with nothing started, and nothing written but the folder itself.</summary>
    private static async Task<(Worker Worker, BootReport Boot)> PrepareAsync(HostSettings settings, bool holds, TimeProvider clock, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder(settings);
        ProcessHardening.ForgetEnvironment();
        var folder = DataFolder.Open(builder.Configuration.ReadDataPath());
        SharedStores? shared = null;
        WebApplication? app = null;
        try
        {
            shared = await ClusterAssembly.OpenAsync(builder.Configuration, holds, clock, cancellationToken);
            var boot = shared is null ? BootGate.Check(folder, builder.Configuration, clock) : await BootGate.CheckAsync(shared, folder, builder.Configuration, clock, cancellationToken);
            AddRooms(builder, folder, boot, clock);
            shared?.AddTo(builder.Services);
            app = builder.Build();
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            RefuseGeneratedKey(boot, builder.Configuration);
            _ = ServerCertificate.IsSetIn(builder.Configuration) ? app.Services.GetRequiredService<ServerCertificate>() : null;
            _ = builder.Configuration.ReadPath("Plugins", "plugins.json");
            _ = PluginsFile.Read(app.Services.GetRequiredService<IOptions<DriversOptions>>().Value);
            folder.Claim();
            return (new Worker(app, folder, shared), boot);
        }
        catch
        {
            await (app?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (shared?.DisposeAsync() ?? ValueTask.CompletedTask);
            folder.Dispose();
            throw;
        }
    }

    private static WebApplicationBuilder CreateBuilder(HostSettings settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Sous.Plugins.Host" });
        builder.Configuration.AddHostSettings(settings);
        builder.WebHost.UseKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
            kestrel.ConfigureHttpsDefaults(https => kestrel.ApplicationServices.GetRequiredService<ServerCertificate>().ServeBy(https));
        });
        builder.AddHostLogging();
        return builder;
    }

    private static void RefuseGeneratedKey(BootReport boot, ConfigurationManager configuration)
    {
        if (boot.MasterKey.RefusalFor(ListenAddresses.ReadWithPublic(configuration)) is { } refusal)
        {
            throw new BootGateException(refusal);
        }
    }

    private static void AddRooms(WebApplicationBuilder builder, DataFolder folder, BootReport boot, TimeProvider clock) => builder.Services
        .AddSingleton(clock)
        .AddStorage(folder)
        .AddCredentials(boot.MasterKey)
        .AddSecretRotation()
        .AddAccess()
        .AddAudit()
        .AddDrivers()
        .AddQuarantines()
        .AddBudgetClosings()
        .AddEvents()
        .AddEmergency()
        .AddConnectionsRoom()
        .AddAuthorizationRoom()
        .AddChanges()
        .AddStoreCompaction()
        .AddLocations()
        .AddSyncing()
        .AddDriverChanges()
        .AddPluginsWatch()
        .AddRecordNews()
        .AddWebhooks()
        .AddDays()
        .AddClosings()
        .AddDeliveries()
        .AddLive()
        .AddDashboard()
        .AddBackup()
        .AddVerifications()
        .AddTelemetry(builder.Configuration)
        .AddStandingReader()
        .AddHosts()
        .AddDoctor()
        .AddHttp();

    private async Task OpenAsync(BootReport boot, CancellationToken cancellationToken)
    {
        var services = _app.Services;
        var logger = services.GetRequiredService<ILogger<Worker>>();
        foreach (var warning in boot.Warnings)
        {
            Log.Warned(logger, warning);
        }

        _ = services.GetRequiredService<HostMetrics>();
        await (_shared?.MakeReady(cancellationToken) ?? Task.CompletedTask);

        // Both stores are opened before either is written to, so that a damaged one leaves the other as it was.
        _ = services.GetRequiredService<IChangeStore>();

        // Before anything else is written: documents without a ring would forbid every later start.
        await services.GetRequiredService<VaultSetup>().InitialiseAsync(cancellationToken);
        await services.GetRequiredService<AuditSeals>().SealAsync(cancellationToken);
        if (await services.GetRequiredService<Adoption>().FindWaitingAsync(cancellationToken) is { } waiting)
        {
            Log.Warned(logger, Adoption.Explain(waiting));
        }

        await services.GetRequiredService<DriverCatalog>().LoadAsync(cancellationToken);
        var key = await AdminKeyFile.EnsureAsync(_folder, services.GetRequiredService<IRegistry>(), services.GetRequiredService<KeyStore>(), cancellationToken);
        if (key is { } shown)
        {
            await Console.Out.WriteLineAsync($"Admin key, shown once and kept in {_folder.File("admin-key")}: {shown.Reveal()}");
        }

        _app.MapRooms();
        foreach (var listened in ListenAddresses.ReadAll(_app.Configuration))
        {
            _app.Urls.Add(listened);
        }

        await _app.StartAsync(cancellationToken);
        var address = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault(static listened => !ListenAddresses.IsHttps(listened)) ?? ListenAddresses.Default;
        HostFile.Write(_folder, new Uri(address), services.GetRequiredService<HostKey>(), services.GetRequiredService<IOptions<DriversOptions>>().Value.Plugins);
        Log.Listening(logger, address);
        _ = StopWhenLostAsync(logger);
    }

    /// <summary>Its parts have stopped; what one of them still had to store, it cannot where the database is lost.</summary>
    private async Task StoppedAsync(Task stopped)
    {
        try
        {
            await stopped;
        }
        catch (Exception e) when (IsLost)
        {
            Log.StoppedBadly(_app.Services.GetRequiredService<ILogger<Worker>>(), e);
        }
    }

    private async Task StopWhenLostAsync(ILogger logger)
    {
        var lifetime = _app.Lifetime;
        if (_shared is not null && await _shared.Lost is { } reason && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Log.Lost(logger, reason);
            lifetime.StopApplication();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2501, Level = LogLevel.Warning, Message = "{Warning}")]
        public static partial void Warned(ILogger logger, string warning);

        [LoggerMessage(EventId = 2502, Level = LogLevel.Information, Message = "The worker listens on {Address}.")]
        public static partial void Listening(ILogger logger, string address);

        [LoggerMessage(EventId = 2512, Level = LogLevel.Warning, Message = "Not all parts could be stopped in order, as the database is away.")]
        public static partial void StoppedBadly(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 2507, Level = LogLevel.Error, Message = "{Reason} Another host may begin to work there, so this one stops, and stands by.")]
        public static partial void Lost(ILogger logger, string reason);
    }
}
