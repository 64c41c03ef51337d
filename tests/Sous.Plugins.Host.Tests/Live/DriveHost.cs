using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Host.Tests.Live;

/// <summary>The composed host with the real Drive driver out of its folder, a simulated Google, and a tenant.</summary>
internal sealed class DriveHost : IAsyncDisposable
{
    public const string Tenant = "/api/v1/tenants/t1";

    private const string Return = "http://127.0.0.1:9/back";

    private DriveHost(DriveSimulator drive, RunningWorker worker) => (Drive, Worker) = (drive, worker);

    public DriveSimulator Drive { get; }

    public RunningWorker Worker { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<DriveHost> StartAsync(DriveSimulatorOptions? options = null)
    {
        var drive = await DriveSimulator.StartAsync(options ?? new DriveSimulatorOptions { Recipes = 20 }, cancellationToken: Token);
        var worker = await RunningWorker.StartAsync(
            ("Clients:google_drive:ClientId", drive.Options.ClientId),
            ("Clients:google_drive:ClientSecret", drive.ClientSecret),
            ("Clients:google_drive:AuthUrl", drive.Address.AbsoluteUri),
            ("Clients:google_drive:ApiUrl", drive.Address.AbsoluteUri),
            ("ReturnAddresses:back", Return));
        await worker.PostAsync("/api/v1/tenants", new { id = "t1" }, HttpStatusCode.Created);
        return new DriveHost(drive, worker);
    }

    /// <summary>Goes through the pages as an owner does. Returns the connection.</summary>
    public async Task<JsonElement> ConnectAsync(params string[] folders)
    {
        var session = await Worker.PostAsync($"{Tenant}/connect-sessions", new { driver = "google-drive", initiator = "anna", returnTo = "back", settings = new { folders } }, HttpStatusCode.Created);
        using var browser = new OwnerBrowser();
        await browser.ConsentAsync(new Uri(session.GetProperty("url").GetString()!), new Uri(Return), Token);
        return await Worker.PostAsync($"{Tenant}/connect-sessions/{session.GetProperty("id").GetString()}/complete", new { initiator = "anna" }, HttpStatusCode.OK);
    }

    public async Task<JsonElement> GetAsync(string path) => await Worker.Admin.GetFromJsonAsync<JsonElement>($"{Tenant}/{path}", Token);

    /// <summary>One more run, begun when the one under way has ended.</summary>
    public async Task<JsonElement> SyncAsync(string connection)
    {
        JsonElement run = default;
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            var runs = (await GetAsync($"connections/{connection}/runs")).GetProperty("items");
            if (runs.GetArrayLength() == 0 || runs.EnumerateArray().Any(one => one.GetProperty("outcome").GetString() == "running"))
            {
                return false;
            }

            using var asked = await Worker.Admin.PostAsJsonAsync($"{Tenant}/connections/{connection}/syncs/files/runs", new { }, Token);
            run = await asked.Content.ReadFromJsonAsync<JsonElement>(Token);
            return asked.IsSuccessStatusCode;
        });
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            run = await Worker.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run.GetProperty("id").GetString()}", Token);
            return run.GetProperty("outcome").GetString() != "running";
        });
        return run;
    }

    /// <summary>What a reader of the feed would have: the records of the stream by their ids.</summary>
    public async Task<SortedDictionary<string, JsonElement>> ViewAsync()
    {
        var view = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var change in (await GetAsync("changes?stream=files&limit=1000")).GetProperty("changes").EnumerateArray())
        {
            var id = change.GetProperty("id").GetString()!;
            if (change.GetProperty("kind").GetString() == "delete")
            {
                view.Remove(id);
            }
            else
            {
                view[id] = change.GetProperty("record");
            }
        }

        return view;
    }

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Drive.DisposeAsync();
    }
}
