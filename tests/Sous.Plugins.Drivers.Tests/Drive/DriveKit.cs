using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.GoogleDrive;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Drive;

/// <summary>The driver over a handler that authorizes, in front of a simulated Drive, both on one clock.</summary>
internal sealed class DriveKit : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2025, 11, 20, 15, 0, 0, TimeSpan.Zero);

    private readonly Bearer _handler;
    private readonly HttpClient _client;

    private DriveKit(DriveSimulator drive, FakeTimeProvider clock)
    {
        (Drive, Clock) = (drive, clock);
        _handler = new Bearer(drive.IssueAccessToken()) { InnerHandler = Requests };
        _client = new HttpClient(_handler) { BaseAddress = drive.Address };
    }

    public DriveSimulator Drive { get; }

    public FakeTimeProvider Clock { get; }

    public RequestRecorder Requests { get; } = new();

    /// <summary>The token that the next requests carry.</summary>
    public string AccessToken
    {
        set => _handler.Token = value;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<DriveKit> StartAsync(int recipes = 120, DriveSimulatorOptions? options = null)
    {
        var clock = new FakeTimeProvider(Start);
        return new DriveKit(await DriveSimulator.StartAsync((options ?? new DriveSimulatorOptions { LoopbackChannels = true }) with { Recipes = recipes }, clock, Token), clock);
    }

    /// <summary>A driver with settings of its own: it keeps no state, so any number may stand beside each other.</summary>
    public DriveDriver Driver(string settings = "{}") => DriverOver(_client, _handler, Drive.Address, Clock, settings);

    public DriveDriver DriverOf(params string[] folders) => Driver(JsonSerializer.Serialize(new { folders }));

    public static DriveDriver DriverOver(HttpClient client, HttpMessageHandler handler, Uri address, TimeProvider clock, string settings = "{}") => (DriveDriver)new DriveFactory().Create(new DriverContext
    {
        Http = client,
        HttpHandler = handler,
        ApiAddress = address,
        Clock = clock,
        Logger = NullLogger.Instance,
        Settings = JsonElement.Parse(settings),
    });

    public static async Task<List<SyncPage<StorageFile>>> WatchAsync(IStorageDriver driver, Checkpoint? from = null, int pageSize = 500) =>
        await driver.WatchFolderAsync(new FolderRequest { From = from, PageSize = pageSize }, Token).ToListAsync(Token);

    public static async Task<List<SyncPage<StorageFile>>> ListAsync(IStorageDriver driver, string? folder = null, Checkpoint? from = null, int pageSize = 500) =>
        await driver.ListFilesAsync(new FolderRequest { FolderId = folder, From = from, PageSize = pageSize }, Token).ToListAsync(Token);

    /// <summary>What somebody who kept the pages would have.</summary>
    public static SortedDictionary<string, StorageFile> View(IEnumerable<SyncPage<StorageFile>> pages, SortedDictionary<string, StorageFile>? before = null)
    {
        var view = before ?? new SortedDictionary<string, StorageFile>(StringComparer.Ordinal);
        foreach (var change in pages.SelectMany(page => page.Changes))
        {
            if (change.Kind == ChangeKind.Delete)
            {
                view.Remove(change.Id);
            }
            else
            {
                view[change.Id] = change.Record!;
            }
        }

        return view;
    }

    /// <summary>What the folders hold: each file's id and name, with its checksum unless it is a shortcut.</summary>
    public IEnumerable<string> Truth(params string[] folders) =>
        folders.SelectMany(Drive.Truth.In).Select(file => $"{file.Id} {file.Name} {(file.ShortcutTarget is null ? file.Md5 : "")}").Order(StringComparer.Ordinal);

    public static IEnumerable<string> Lines(IEnumerable<StorageFile> files) =>
        files.Select(file => $"{file.Ref.Id} {file.Name} {(file.ShortcutTargetId is null ? file.Md5 : "")}").Order(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Drive.DisposeAsync();
    }

    internal sealed class Bearer(string token) : DelegatingHandler
    {
        public string Token { get; set; } = token;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
