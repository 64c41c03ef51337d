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
    private const int MostLoads = 16;

    private static readonly TimeSpan s_helpAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_leave = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_hurry = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _alone = new();
    private readonly WebApplication _app;
    private readonly DataFolder _folder;
    private readonly SharedStores? _shared;
    private Task _helped = Task.CompletedTask;

    private Worker(Parts parts, DataFolder folder) => (_app, _shared, _folder) = (parts.App, parts.Shared, folder);

    /// <summary>Starts it. What forbids the start is thrown before a byte of the data folder is written.</summary>
    public static Task<Worker> StartAsync(HostSettings settings, CancellationToken cancellationToken) => StartAsync(settings, TimeProvider.System, cancellationToken);

    /// <summary>The same by another clock: a proof moves it.</summary>
    public static async Task<Worker> StartAsync(HostSettings settings, TimeProvider clock, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder(settings);
        var folder = DataFolder.Open(builder.Configuration.ReadDataPath());
        Parts parts;
        try
        {
            parts = await PrepareAsync(builder, folder, StoreUse.Work, clock, cancellationToken);
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        var worker = new Worker(parts, folder);
        try
        {
            await worker.OpenAsync(parts.Boot, cancellationToken);
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
    /// at the same addresses that it does not serve. It carries out runs for the other meanwhile, unless that is switched off.
    /// </summary>
    /// <param name="hasWorked">Whether it has worked there before; whatever would forbid a start of one that has not is thrown at once.</param>
    public static async Task StandByAsync(HostSettings settings, bool hasWorked, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder(settings);
        using var folder = DataFolder.Open(builder.Configuration.ReadDataPath());
        if (!hasWorked)
        {
            await using var checkedUp = await PrepareAsync(CreateBuilder(settings), folder, StoreUse.Look, TimeProvider.System, cancellationToken);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var helping = builder.Configuration.GetSection("Hosts").Get<HostsOptions>()?.Help != false ? HelpAsync(settings, folder, over.Token) : Task.CompletedTask;
        try
        {
            await Standby.WaitAsync(builder, cancellationToken);
        }
        finally
        {
            // Where it is its turn, whatever it still does is refused by the database, and what hangs in it holds nothing up. Where it is to stop, the other waits for what it has done.
            await over.CancelAsync();
            await helping.WaitAsync(cancellationToken.IsCancellationRequested ? s_leave : s_hurry, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
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
            // Those that help were told to stop, and have said what they have done.
            await _alone.CancelAsync();
            await _helped.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _alone.Dispose();
            HostFile.Delete(_folder);
            await _app.DisposeAsync();
            await (_shared?.DisposeAsync() ?? ValueTask.CompletedTask);
            _folder.Dispose();
        }
    }

    /// <summary>Composed on a folder and its database, with nothing started, and nothing written but the folder itself.</summary>
    private static async Task<Parts> PrepareAsync(WebApplicationBuilder builder, DataFolder folder, StoreUse use, TimeProvider clock, CancellationToken cancellationToken)
    {
        ProcessHardening.ForgetEnvironment();
        SharedStores? shared = null;
        WebApplication? app = null;
        try
        {
            shared = await ClusterAssembly.OpenAsync(builder.Configuration, use, clock, cancellationToken);
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
            return new Parts(app, shared, boot);
        }
        catch
        {
            await (app?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (shared?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>Carries out runs for whichever host works, until it is canceled. What keeps it from that is told, and forbids nothing: it is found again when it is to begin itself.</summary>
    private static async Task HelpAsync(HostSettings settings, DataFolder folder, CancellationToken stopping)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        var told = "";

        // Drivers are loaded anew each time, and what was loaded stays: in the end it only stands by.
        var loads = 0;
        while (loads < MostLoads)
        {
            try
            {
                await using var parts = await PrepareAsync(CreateBuilder(settings), folder, StoreUse.Help, TimeProvider.System, stopping);
                if (parts.Shared is { } shared)
                {
                    var services = parts.App.Services;
                    await shared.MakeReady(stopping);
                    loads++;
                    await services.GetRequiredService<DriverCatalog>().LoadAsync(stopping);
                    await shared.Help(services, asked, stopping);
                }
            }
            catch (StorageException e) when (e.MayPass)
            {
                // None works at this moment, or the database is away.
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                if (told != e.Message)
                {
                    await Console.Error.WriteLineAsync($"This host does not help the one that works: {told = e.Message}");
                }

                await Task.Delay(s_lookAgain, stopping);
            }

            await Task.Delay(s_helpAgain, stopping);
        }

        await Console.Error.WriteLineAsync($"This host was made ready to help {MostLoads} times: until it is started anew it only stands by.");
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
        _helped = _shared?.BeHelped(services, _alone.Token) ?? Task.CompletedTask;
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

    /// <summary>A worker that has not started.</summary>
    private sealed record Parts(WebApplication App, SharedStores? Shared, BootReport Boot) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            await (Shared?.DisposeAsync() ?? ValueTask.CompletedTask);
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
