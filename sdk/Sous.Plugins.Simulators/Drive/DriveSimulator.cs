using Sous.Plugins.Simulators.Drive.Api;
using Sous.Plugins.Simulators.Drive.Files;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Drive;

/// <summary>Google Drive v3 on 127.0.0.1, with a seeded account and Google's OAuth pages. All members may be used from several threads.</summary>
public sealed class DriveSimulator : IAsyncDisposable
{
    /// <summary>What all paths of the API begin with.</summary>
    public const string ApiPath = "/drive/v3/";

    /// <summary>The root of My Drive; <c>root</c> is its alias.</summary>
    public const string RootFolder = "0AHillAndHarborRootPVA";

    /// <summary>The folder of recipes, and of everything odd that a folder can hold.</summary>
    public const string RecipesFolder = "1RecipesOfHillAndHarbor000000000";

    /// <summary>The folder of Google documents.</summary>
    public const string MenusFolder = "1MenusOfHillAndHarbor00000000000";

    /// <summary>A folder whose name has a quote and a backslash.</summary>
    public const string ArchiveFolder = "1ArchiveOfNonna00000000000000000";

    /// <summary>A folder that somebody else shares with the account.</summary>
    public const string SharedFolder = "1SuppliersOfSomebodyElse00000000";

    /// <summary>A shared drive, which is its root folder too.</summary>
    public const string KitchenDrive = "0AKitchenDrivePVA";

    /// <summary>A folder on the shared drive.</summary>
    public const string SpecialsFolder = "1SpecialsOfTheKitchen00000000000";

    /// <summary>The large file among the recipes.</summary>
    public const string LargeFile = "1BanquetVideo0000000000000000000";

    /// <summary>A file that Google calls malware, among the recipes.</summary>
    public const string AbusiveFile = "1AbusiveFile00000000000000000000";

    /// <summary>A file that the account may see and not download, among the recipes.</summary>
    public const string LockedFile = "1LockedFile000000000000000000000";

    /// <summary>The file that <see cref="ShortcutToFile"/> points at, in the archive.</summary>
    public const string ArchivedFile = "1HouseBread000000000000000000000";

    /// <summary>A shortcut to a file, among the recipes.</summary>
    public const string ShortcutToFile = "1ShortcutToHouseBread00000000000";

    /// <summary>A shortcut to <see cref="MenusFolder"/>, among the recipes.</summary>
    public const string ShortcutToFolder = "1ShortcutToMenus0000000000000000";

    /// <summary>A shortcut to nothing, among the recipes.</summary>
    public const string BrokenShortcut = "1ShortcutToNothing00000000000000";

    /// <summary>A shortcut that comes back to itself by another, among the recipes.</summary>
    public const string LoopingShortcut = "1ShortcutLoopA000000000000000000";

    /// <summary>A Google document among the menus.</summary>
    public const string Document = "1SpringMenuDocument0000000000000";

    /// <summary>A Google document that is too large to be exported, among the menus.</summary>
    public const string LargeDocument = "1CookBookDocument000000000000000";

    private readonly RequestLog _log = new();
    private readonly SecretsLedger _secrets;
    private readonly GoogleGrants _grants;
    private readonly ChaosGate _chaos;
    private readonly FileStore _store;
    private readonly ChannelBook _channels;
    private readonly DriveRoutes _routes;
    private LoopbackHost? _host;

    private DriveSimulator(DriveSimulatorOptions options, TimeProvider clock)
    {
        Options = options;
        _secrets = new SecretsLedger(options.Seed);
        _grants = new GoogleGrants(options, _secrets, clock);
        _chaos = new ChaosGate(clock, (context, status) => DriveAnswer.ErrorAsync(context, DriveFault.Of(status, Trouble.RateLimitIs403)));
        _store = new FileStore(clock);
        var seeder = new FileSeeder(_store, options);
        seeder.Seed();
        Changes = new DriveChanges(_store, seeder, options);
        _channels = new ChannelBook(_store, options, clock);
        var tokens = new PageTokens(this, clock);
        _routes = new DriveRoutes(_grants, _log, _chaos)
        {
            Authorize = new GoogleAuthorizeEndpoint(options, _grants, _secrets),
            Tokens = new GoogleTokenEndpoint(options, _grants, _chaos),
            Files = new FilesEndpoint(_store, this, tokens),
            Content = new ContentEndpoint(_store, this),
            Changes = new ChangesEndpoint(_store, this),
            Channels = new ChannelsEndpoint(_store, _channels),
            Control = new DriveControl(this),
        };
    }

    /// <summary>The options it was started with.</summary>
    public DriveSimulatorOptions Options { get; }

    /// <summary>Where it listens; the API, the OAuth pages and the token endpoint.</summary>
    public Uri Address => _host?.Address ?? throw new InvalidOperationException("The simulator has not started.");

    /// <summary>The client registration's secret.</summary>
    public string ClientSecret => _grants.ClientSecret;

    /// <summary>The seeded account's id.</summary>
    public static string AccountId => "05512345678901234567";

    /// <summary>The seeded account's address.</summary>
    public static string AccountName => "owner@hillandharbor.example";

    /// <summary>What it does wrong on purpose; its <see cref="Chaos.PathPrefix"/> should be <see cref="ApiPath"/>.</summary>
    public Chaos Chaos
    {
        get => _chaos.Setting;
        set => _chaos.Setting = value;
    }

    /// <summary>What only a Drive can do wrong on purpose.</summary>
    public DriveTrouble Trouble { get; set; } = DriveTrouble.None;

    /// <summary>What it holds now, told without its API.</summary>
    public DriveTruth Truth => new(_store);

    /// <summary>Live changes by the owner.</summary>
    public DriveChanges Changes { get; }

    /// <summary>The newest 5,000 requests, oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _log.All();

    /// <summary>Awaited when a request has come, before anything answers it: whoever tests stands in its way here. Null for nothing.</summary>
    public Func<RecordedRequest, Task>? Asked
    {
        get => _log.Asked;
        set => _log.Asked = value;
    }

    /// <summary>Awaited when the answer to a request has gone out whole. Null for nothing.</summary>
    public Func<RecordedRequest, Task>? Answered
    {
        get => _log.Answered;
        set => _log.Answered = value;
    }

    /// <summary>Every secret, code and token that it ever issued or was started with, for leak tests.</summary>
    public IReadOnlyList<string> Secrets => _secrets.All();

    /// <summary>Seeds the account and starts to listen.</summary>
    /// <param name="options">How it starts.</param>
    /// <param name="clock">Its time; null is the system's. Also what its waits run on.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    public static async Task<DriveSimulator> StartAsync(DriveSimulatorOptions options, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var simulator = new DriveSimulator(options, clock ?? TimeProvider.System);
        simulator._host = await LoopbackHost.StartAsync(options.Port, simulator._routes.Map, cancellationToken).ConfigureAwait(false);
        return simulator;
    }

    /// <summary>Issues an access token without the pages.</summary>
    /// <param name="scopes">The scopes, whole; none stands for <c>drive.readonly</c>.</param>
    public string IssueAccessToken(params string[] scopes)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        return _grants.IssueDirectly(scopes.Length == 0 ? [GoogleGrants.ReadOnly] : scopes).Value;
    }

    /// <summary>Withdraws everything the owner granted, as from the Google account's own pages.</summary>
    public void RevokeGrant() => _grants.RevokeAll();

    /// <summary>Lets every access token issued so far expire now.</summary>
    public void ExpireAccessTokens() => _grants.ExpireAccessTokens();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync().ConfigureAwait(false);
        }

        await _channels.DisposeAsync().ConfigureAwait(false);
    }
}
