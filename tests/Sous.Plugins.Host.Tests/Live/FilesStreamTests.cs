using System.Net;
using System.Net.Http.Json;
using System.Runtime.Loader;
using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Webhooks.Channels;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Live;

/// <summary>The stream <c>files</c> from the owner's consent to the change feed.</summary>
public sealed class FilesStreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_of_the_chosen_folders_arrive_and_what_leaves_them_is_told_as_deleted()
    {
        await using var host = await DriveHost.StartAsync();
        var connection = await host.ConnectAsync(DriveSimulator.RecipesFolder);
        var id = connection.GetProperty("id").GetString()!;
        Assert.Equal("completed", (await host.SyncAsync(id)).GetProperty("outcome").GetString());
        Assert.Equal(Ids(host, DriveSimulator.RecipesFolder), (await host.ViewAsync()).Keys);
        var again = await host.SyncAsync(id);
        Assert.Equal((0, 0, 0), (again.GetProperty("inserted").GetInt32(), again.GetProperty("updated").GetInt32(), again.GetProperty("deleted").GetInt32()));

        var files = host.Drive.Truth.In(DriveSimulator.RecipesFolder).Where(file => file.Md5 is not null).ToList();
        host.Drive.Changes.Trash(files[0].Id);
        host.Drive.Changes.Move(files[1].Id, DriveSimulator.ArchiveFolder);
        host.Drive.Changes.Rename(files[2].Id, "Renamed");
        var added = host.Drive.Changes.Add(DriveSimulator.RecipesFolder);
        var changed = await host.SyncAsync(id);

        Assert.Equal((1, 1, 2), (changed.GetProperty("inserted").GetInt32(), changed.GetProperty("updated").GetInt32(), changed.GetProperty("deleted").GetInt32()));
        var view = await host.ViewAsync();
        Assert.Equal(Ids(host, DriveSimulator.RecipesFolder), view.Keys);
        Assert.Equal(("Renamed", host.Drive.Truth.Files.Single(file => file.Id == added).Md5), (view[files[2].Id].GetProperty("name").GetString(), view[added].GetProperty("md5").GetString()));
        await AuthorizationApp.EventuallyAsync(async () =>
            (await host.GetAsync($"connections/{id}")).TryGetProperty("accountName", out var name) && name.GetString() == DriveSimulator.AccountName);
    }

    [Fact]
    public async Task Other_folders_are_chosen_by_changing_the_settings()
    {
        await using var host = await DriveHost.StartAsync();
        var id = (await host.ConnectAsync(DriveSimulator.RecipesFolder)).GetProperty("id").GetString()!;
        await host.SyncAsync(id);

        using var patched = await host.Worker.Admin.PatchAsJsonAsync($"{DriveHost.Tenant}/connections/{id}", new { settings = new { folders = new[] { DriveSimulator.MenusFolder, DriveSimulator.SpecialsFolder } } }, Token);
        await host.SyncAsync(id);

        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);
        Assert.Equal(Ids(host, DriveSimulator.MenusFolder, DriveSimulator.SpecialsFolder), (await host.ViewAsync()).Keys);
        using var wrong = await host.Worker.Admin.PatchAsJsonAsync($"{DriveHost.Tenant}/connections/{id}", new { settings = new { folders = Enumerable.Repeat("x' or '1' = '1", 1) } }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("settings.folders", await wrong.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folders_to_choose_from_are_listed_and_the_one_chosen_is_synced_at_once()
    {
        await using var host = await DriveHost.StartAsync();
        var id = (await host.ConnectAsync(DriveSimulator.RecipesFolder)).GetProperty("id").GetString()!;
        await host.SyncAsync(id);

        var lines = await host.Worker.Admin.GetStringAsync($"{DriveHost.Tenant}/storage/folders", Token);
        var folders = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line)).ToDictionary(static one => one.GetProperty("name").GetString()!, static one => one.GetProperty("ref").GetProperty("id").GetString()!);
        Assert.Equal(["Finance", "Kitchen", "Menus", "Nonna's \\ archive", "Recipes", "Suppliers"], folders.Keys.Order(StringComparer.Ordinal));
        using var patched = await host.Worker.Admin.PatchAsJsonAsync($"{DriveHost.Tenant}/connections/{id}", new { settings = new { folders = new[] { folders["Menus"] } } }, Token);

        // No run is asked for, and none is due for minutes.
        await AuthorizationApp.EventuallyAsync(async () => (await host.ViewAsync()).Keys.SequenceEqual(Ids(host, DriveSimulator.MenusFolder)));
    }

    [Fact]
    public async Task A_change_in_a_folder_that_was_chosen_later_is_pushed_from_its_own_drive()
    {
        await using var host = await DriveHost.StartAsync(new DriveSimulatorOptions { Recipes = 20, LoopbackChannels = true });
        var id = (await host.ConnectAsync(DriveSimulator.RecipesFolder)).GetProperty("id").GetString()!;
        await host.SyncAsync(id);
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(host.Drive.Requests.Any(static request => request.Path.EndsWith("/changes/watch", StringComparison.Ordinal))));

        using var patched = await host.Worker.Admin.PatchAsJsonAsync($"{DriveHost.Tenant}/connections/{id}", new { settings = new { folders = new[] { DriveSimulator.SpecialsFolder } } }, Token);
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(
            host.Drive.Requests.Any(static request => request.Path.EndsWith("/changes/watch", StringComparison.Ordinal) && request.Query.Contains(DriveSimulator.KitchenDrive, StringComparison.Ordinal))
            && host.Drive.Requests.Any(static request => request.Path.EndsWith("/channels/stop", StringComparison.Ordinal))));
        var added = host.Drive.Changes.Add(DriveSimulator.SpecialsFolder);

        await AuthorizationApp.EventuallyAsync(async () => (await host.ViewAsync()).ContainsKey(added));
        await AuthorizationApp.EventuallyAsync(async () => (await host.GetAsync("events?limit=1000")).GetProperty("items").EnumerateArray()
            .Any(told => told.GetProperty("type").GetString() == "file.changed" && told.ToString().Contains(added, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_channel_that_was_opened_unheard_is_not_asked_for_again_and_pushes_into_the_void_beside_its_successor()
    {
        await using var host = await DriveHost.StartAsync(new DriveSimulatorOptions { Recipes = 20, LoopbackChannels = true });
        var watches = new List<string>();
        host.Drive.Asked = request =>
        {
            if (request.Path.EndsWith("/changes/watch", StringComparison.Ordinal))
            {
                watches.Add(request.Body);
                request.Meets = watches.Count switch
                {
                    1 => new Chaos { ServerErrorEvery = 1, ServerErrorStatus = 502 },
                    // It is open then, and half of the answer is lost.
                    2 => new Chaos { TruncateEvery = 1 },
                    _ => null,
                };
            }

            return Task.CompletedTask;
        };
        var id = (await host.ConnectAsync(DriveSimulator.RecipesFolder)).GetProperty("id").GetString()!;
        await host.SyncAsync(id);
        for (var opened = 1; opened < 3; opened++)
        {
            await FailedAsync(opened);
            await host.Worker.PostAsync($"{DriveHost.Tenant}/connections/{id}/pause", new { }, HttpStatusCode.OK);
            await host.Worker.PostAsync($"{DriveHost.Tenant}/connections/{id}/resume", new { }, HttpStatusCode.OK);
        }

        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(watches.Count == 3));
        var added = host.Drive.Changes.Add(DriveSimulator.RecipesFolder);

        await AuthorizationApp.EventuallyAsync(async () => (await host.ViewAsync()).ContainsKey(added));
        Assert.Equal(3, watches.Select(static body => JsonElement.Parse(body).GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal("ok", (await host.GetAsync($"connections/{id}")).GetProperty("status").GetString());

        // The next look is then a minute off: one that comes before it is a repeat.
        async Task FailedAsync(int opened)
        {
            var keeper = host.Worker.Worker.Get<ChannelKeeper>();
            await AuthorizationApp.EventuallyAsync(() => Task.FromResult(watches.Count == opened && keeper.NextOf(new ConnectionId(id)) is not null));
            Assert.Equal(opened, watches.Count);
        }
    }

    [Fact]
    public async Task A_grant_is_renewed_and_in_the_end_withdrawn_at_Google()
    {
        await using var host = await DriveHost.StartAsync();
        var id = (await host.ConnectAsync(DriveSimulator.RecipesFolder)).GetProperty("id").GetString()!;
        host.Drive.ExpireAccessTokens();
        Assert.Equal("completed", (await host.SyncAsync(id)).GetProperty("outcome").GetString());

        using var deleted = await host.Worker.Admin.DeleteAsync($"{DriveHost.Tenant}/connections/{id}", Token);

        await AuthorizationApp.EventuallyAsync(async () => (await host.GetAsync($"connections/{id}")).GetProperty("status").GetString() == "revoked");
        var revoked = Assert.Single(host.Drive.Requests, request => request.Path == "/revoke");
        Assert.StartsWith("token=", revoked.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("client_secret", revoked.Body, StringComparison.Ordinal);
        var authorize = host.Drive.Requests.First(request => request.Path == "/o/oauth2/v2/auth");
        Assert.All(["access_type=offline", "prompt=consent", "code_challenge_method=S256"], part => Assert.Contains(part, authorize.Query, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_drivers_own_libraries_stay_in_its_load_context()
    {
        await using var host = await DriveHost.StartAsync();
        var id = (await host.ConnectAsync(DriveSimulator.RecipesFolder)).GetProperty("id").GetString()!;
        await host.SyncAsync(id);

        var googles = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => assembly.GetName().Name!.StartsWith("Google.Apis", StringComparison.Ordinal)).ToList();
        var contexts = googles.Select(AssemblyLoadContext.GetLoadContext).Distinct().ToList();
        var squares = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => assembly.GetName().Name == "Sous.Plugins.Square").Select(AssemblyLoadContext.GetLoadContext);

        Assert.NotEmpty(googles);
        Assert.DoesNotContain(AssemblyLoadContext.Default, contexts);
        Assert.Empty(contexts.Intersect(squares));
        Assert.NotEmpty(squares);
        Assert.All(contexts, context => Assert.Contains(context!.Assemblies, assembly => assembly.GetName().Name == "Sous.Plugins.GoogleDrive"));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_asks_for_attention()
    {
        await using var host = await DriveHost.StartAsync();
        var id = (await host.ConnectAsync("1NobodyKnowsThisFolder")).GetProperty("id").GetString()!;

        var run = await host.SyncAsync(id);

        Assert.Equal("needs_attention", run.GetProperty("outcome").GetString());
        Assert.Contains("folder", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Ids(DriveHost host, params string[] folders) => folders.SelectMany(host.Drive.Truth.In).Select(file => file.Id).Order(StringComparer.Ordinal);
}
