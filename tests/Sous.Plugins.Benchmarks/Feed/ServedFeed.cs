using System.Text.Json.Nodes;
using Sous.Plugins.Benchmarks.Store;
using Sous.Plugins.Host;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Cli;

namespace Sous.Plugins.Benchmarks.Feed;

/// <summary>The whole host with one tenant, whose feed was filled while it was stopped.</summary>
internal sealed class ServedFeed : IAsyncDisposable
{
    private readonly string _data;
    private Worker? _worker;

    private ServedFeed(string data) => _data = data;

    public Uri Address { get; } = Place.FreeAddress();

    /// <summary>The route's path; a query follows.</summary>
    public static string Path => $"api/v1/tenants/{OurStore.Tenant}/changes";

    public string Key => File.ReadAllText(System.IO.Path.Combine(_data, "admin-key")).Trim();

    public static async Task<ServedFeed> StartAsync(string data, IReadOnlyList<RecordChange[]> pages)
    {
        var served = new ServedFeed(data);
        await served.OpenAsync();
        using (var client = new HostClient(served.Address, served.Key))
        {
            await client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = OurStore.Tenant.Value }, CancellationToken.None);
        }

        await served.DisposeAsync();
        await using (var store = await OurStore.OpenAsync(System.IO.Path.Combine(data, "changes.db")))
        {
            foreach (var page in pages)
            {
                await store.CommitAsync(page, "checkpoint");
            }
        }

        await served.OpenAsync();
        return served;
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is { } worker)
        {
            await worker.DisposeAsync();
        }
    }

    private async Task OpenAsync()
    {
        var url = Address.GetLeftPart(UriPartial.Authority);
        _worker = await Worker.StartAsync(
            new HostSettings { Urls = url, Data = _data, Plugins = Place.FindPlugins(), Overrides = new Dictionary<string, string?> { ["PublicUrl"] = url, ["LogLevel"] = "Error" } }, CancellationToken.None);
    }
}
