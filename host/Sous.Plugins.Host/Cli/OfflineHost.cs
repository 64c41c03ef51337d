using System.Net.Sockets;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cli;

/// <summary>
/// The API's part that needs no worker, over a data folder on which none runs: so a verb answers alike, with the same sentences,
/// whether a host runs or not. It listens on a Unix socket that only this user can reach.
/// </summary>
internal sealed class OfflineHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DirectoryInfo _room;

    private OfflineHost(WebApplication app, DirectoryInfo room, HostClient client) => (_app, _room, Client) = (app, room, client);

    public HostClient Client { get; }

    /// <param name="folder">Locked; it stays its caller's to let go of.</param>
    /// <exception cref="BootGateException">The keys forbid it; nothing was written.</exception>
    public static async Task<OfflineHost> StartAsync(DataFolder folder, IConfiguration configuration, OfflineTerms terms, CancellationToken cancellationToken)
    {
        var boot = Check(folder, configuration, terms);

        // Mode 0700.
        var room = Directory.CreateTempSubdirectory("sous-cli-");
        var app = Build(folder, boot.MasterKey, Socket(room));
        try
        {
            await app.Services.GetRequiredService<VaultSetup>().InitialiseAsync(cancellationToken);
            await app.Services.GetRequiredService<AuditSeals>().SealAsync(cancellationToken);
            app.MapOfflineRooms();
            await app.StartAsync(cancellationToken);
            return new OfflineHost(app, room, new HostClient(new Uri("http://offline/"), app.Services.GetRequiredService<HostKey>().Text.Reveal(), Through(Socket(room))) { EndsWithVerb = true });
        }
        catch
        {
            await app.DisposeAsync();
            room.Delete(recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _room.Delete(recursive: true);
    }

    private static BootReport Check(DataFolder folder, IConfiguration configuration, OfflineTerms terms)
    {
        try
        {
            return BootGate.Check(folder, configuration, TimeProvider.System, terms.Ring);
        }
        catch (BootGateException refusal) when (terms.OtherMasterKeyFile is { } file)
        {
            try
            {
                return BootGate.Check(folder, new ConfigurationBuilder().AddInMemoryCollection([new("MasterKeyFile", file)]).Build(), TimeProvider.System);
            }
            catch (BootGateException)
            {
                throw refusal;
            }
        }
    }

    private static string Socket(DirectoryInfo room) => Path.Combine(room.FullName, "socket");

    private static WebApplication Build(DataFolder folder, MasterKey master, string socket)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Sous.Plugins.Host" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddStorage(folder)
            .AddCredentials(master)
            .AddChanges()
            .AddSecretRotation()
            .AddAccess()
            .AddAudit()
            .AddBackup()
            .AddHttp();
        return builder.Build();
    }

    private static SocketsHttpHandler Through(string path) => new()
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
