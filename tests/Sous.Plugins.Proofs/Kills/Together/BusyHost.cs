using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Grants;
using Sous.Plugins.Proofs.Plugins;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Kills.Together;

/// <summary>
/// A host's folder and all that it has to do with: a merchant at Square whose orders it syncs and is told of by webhooks, a platform that
/// is sent its events and refuses every third at first, and accounts at an authorization server whose tokens live for two seconds.
/// </summary>
internal sealed class BusyHost : IAsyncDisposable
{
    private readonly PluginsFolder _plugins;
    private readonly HashSet<string> _refused = [];
    private readonly (string, string)[] _settings;
    private int _attempts;

    private BusyHost(PluginsFolder plugins, RotatingFolder folder, KilledSquare square, WebhookReceiver receiver)
    {
        (_plugins, Folder, Square, Receiver) = (plugins, folder, square, receiver);
        Fleet = new GrantFleet(folder);
        var registration = square.Registration;
        registration["webhookSecret"] = square.Simulator.WebhookSignatureKey;
        _settings = [.. DemoWalk.Configuration(folder.Address, new JsonObject { [square.Driver] = registration }).Select(static pair => (pair.Key, pair.Value ?? ""))];
    }

    public RotatingFolder Folder { get; }

    public KilledSquare Square { get; }

    public WebhookReceiver Receiver { get; }

    public GrantFleet Fleet { get; }

    public Strike Strike { get; } = new();

    /// <summary>The tenant at Square, and that of the accounts.</summary>
    public IReadOnlyList<FeedMemory> Readers { get; } = [new("demo"), new("t1")];

    /// <summary>The merchant's connection.</summary>
    public string Connection { get; private set; } = "";

    public string Subscription { get; private set; } = "";

    /// <summary>All that must never be told.</summary>
    public IReadOnlyList<string> Secrets { get; private set; } = [];

    /// <param name="leeway">For how long a refresh token may be sent again; zero: never.</param>
    /// <param name="accounts">How many, at the authorization server.</param>
    /// <param name="orders">The merchant's history.</param>
    public static async Task<BusyHost> StartAsync(TimeSpan leeway, int accounts, int orders, CancellationToken cancellationToken)
    {
        var plugins = new PluginsFolder();
        plugins.Add("plugins/Sous.Plugins.Square", "Square");
        plugins.Add("fixtures/Fixture.Rotating", "Rotating");
        plugins.List(("square", "Square"), (RotatingFolder.Driver, "Rotating"));
        var folder = await RotatingFolder.MakeAsync(new OAuthServerOptions { ReuseLeeway = leeway, AccessTokenLife = TimeSpan.FromSeconds(2) }, plugins.File, cancellationToken);
        var square = await KilledSquare.StartAsync(orders, days: 5, cancellationToken);
        var busy = new BusyHost(plugins, folder, square, await WebhookReceiver.StartAsync(cancellationToken));
        await busy.ConnectAsync(accounts, cancellationToken);
        busy.Watch();
        return busy;
    }

    public HostProcess Start() => Folder.Start(_settings);

    public Platform PlatformOf(HostProcess host) => new(host.Client()) { Connection = Connection };

    public async ValueTask DisposeAsync()
    {
        await Receiver.DisposeAsync();
        await Square.DisposeAsync();
        await Folder.DisposeAsync();
        _plugins.Dispose();
    }

    /// <summary>The first walk through the history is left to the hosts that are to be killed; after it webhooks alone, and whoever asks, bring what is new.</summary>
    private async Task ConnectAsync(int accounts, CancellationToken cancellationToken)
    {
        await using var host = Start();
        await host.ReadyAsync(cancellationToken);
        using var connecting = new Platform(host.Client());
        Connection = await connecting.ConnectAsync(cancellationToken);
        using var platform = PlatformOf(host);
        while (!await platform.MapAsync(cancellationToken))
        {
            await Task.Delay(20, cancellationToken);
        }

        await platform.RestAsync(cancellationToken);
        await Fleet.ConnectAsync(platform.Client, accounts);
        var driver = await platform.Client.GetAsync($"api/v1/drivers/{Square.Driver}", cancellationToken);
        Square.Simulator.Webhooks.Address = new Uri((string)driver["webhook"]!["address"]!);
        var wish = new JsonObject { ["url"] = Receiver.Address.AbsoluteUri, ["after"] = 0 };
        var subscription = await platform.Client.PostAsync("api/v1/tenants/demo/subscriptions", wish, cancellationToken);
        Subscription = (string)subscription["id"]!;
        var key = (await File.ReadAllTextAsync(Path.Combine(host.Data, "admin-key"), cancellationToken)).Trim();
        Secrets = [.. Square.Simulator.Secrets, OAuthServer.ClientSecret, (string)subscription["secret"]!, key];
        await host.KillAsync();
    }

    private void Watch()
    {
        Square.Simulator.Asked = request => request.Path.StartsWith("/v2/", StringComparison.Ordinal) ? Strike.NoteAsync(WorkKind.Page) : Task.CompletedTask;
        Folder.Service.Tokens.Granted = call => NoteAsync(call, WorkKind.Grant);
        Folder.Service.Tokens.Answered = call => NoteAsync(call, WorkKind.Tokens);
        Receiver.Answer = async (request, _) =>
        {
            await Strike.NoteAsync(WorkKind.Delivery);
            return IsRefused(request.Id) ? 503 : 204;
        };
    }

    private Task NoteAsync(TokenCall call, WorkKind kind) => call.Grant == "refresh_token" ? Strike.NoteAsync(kind) : Task.CompletedTask;

    private bool IsRefused(string id)
    {
        lock (_refused)
        {
            return ++_attempts % 3 == 0 && _refused.Add(id);
        }
    }
}
