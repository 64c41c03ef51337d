using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Cli;
using Sous.Plugins.Host.Tests.Guards;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Http;

/// <summary>Lists that are answered whole, or page by page: the pages together are the list.</summary>
public sealed class PagesTests : IAsyncLifetime
{
    private const string Tenant = "/api/v1/tenants/t1";

    private ToastSimulator _toast = null!;
    private GuardedHost _host = null!;
    private string _connection = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        _toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 300, Days = 5, RateLimits = false, TokenLife = TimeSpan.FromDays(60) }, clock, Token);
        _host = await GuardedHost.StartAsync(("toast", _toast.Address, _toast.Options.ClientId, _toast.ClientSecret));
        var restaurants = _toast.Truth.Restaurants.Select(static restaurant => restaurant.Id).ToList();
        _connection = await _host.BindAsync("toast", new { restaurants = restaurants.Take(2) });
        await _host.BindAsync("toast", new { restaurants = restaurants.Skip(2).Take(1) });
        await _host.MapAsync(_connection, restaurants[0]);
        await _host.MapAsync(_connection, restaurants[1]);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _toast.DisposeAsync();
    }

    [Fact]
    public async Task Each_list_is_the_same_whole_and_page_by_page()
    {
        await _host.RunAsync(_connection, "sales");
        foreach (var name in (string[])["one", "two", "three"])
        {
            await _host.Worker.PostAsync("/api/v1/tenants", new { id = name }, HttpStatusCode.Created);
            await _host.Worker.PostAsync("/api/v1/keys", new { scope = "admin", name }, HttpStatusCode.Created);
            await _host.Worker.PostAsync($"{Tenant}/subscriptions", new { url = $"https://platform.example/{name}" }, HttpStatusCode.Created);
        }

        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var days = $"{Tenant}/days?from={today.AddDays(-8):yyyy-MM-dd}&to={today:yyyy-MM-dd}";
        foreach (var list in (string[])["/api/v1/tenants", "/api/v1/keys", $"{Tenant}/connections", $"{Tenant}/connections/{_connection}/locations", $"{Tenant}/subscriptions", days, $"{days}&tieOut=true"])
        {
            JsonElement whole;
            List<JsonElement> pages;
            do
            {
                (whole, pages) = (await ReadAsync(list), []);
                // One more than there are would go round.
                for (var after = ""; (pages.Count == 0 || after.Length > 0) && pages.Count <= whole.GetProperty("items").GetArrayLength();)
                {
                    pages.Add(await ReadAsync($"{list}{(list.Contains('?') ? '&' : '?')}limit=1{after}"));
                    after = pages[^1].TryGetProperty("next", out var next) ? $"&after={next.GetString()}" : "";
                }
            }
            while (!NamesOf(whole).SequenceEqual(NamesOf(await ReadAsync(list)))); // A day was closed meanwhile.

            Assert.False(whole.TryGetProperty("next", out _));
            Assert.True(pages.Count > 1, $"{list} has {pages.Count}.");
            Assert.All(pages, static page => Assert.Equal(1, page.GetProperty("items").GetArrayLength()));
            Assert.Equal(NamesOf(whole), pages.Select(static page => NameOf(page.GetProperty("items")[0])));
        }
    }

    [Fact]
    public async Task What_is_deleted_between_two_pages_hides_nothing()
    {
        for (var number = 0; number < 4; number++)
        {
            await _host.Worker.PostAsync("/api/v1/keys", new { scope = "admin" }, HttpStatusCode.Created);
        }

        var whole = (await ReadAsync("/api/v1/keys")).GetProperty("items").EnumerateArray().Select(NameOf).ToList();
        var first = await ReadAsync("/api/v1/keys?limit=2");
        using var deleted = await _host.Worker.Admin.DeleteAsync($"/api/v1/keys/{first.GetProperty("items")[1].GetProperty("id").GetString()}", Token);

        var second = await ReadAsync($"/api/v1/keys?after={first.GetProperty("next").GetString()}");

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(whole.Skip(2), second.GetProperty("items").EnumerateArray().Select(NameOf));
    }

    [Fact]
    public async Task A_verb_lists_more_than_the_largest_page()
    {
        var keys = _host.Worker.Worker.Get<KeyStore>();
        await Task.WhenAll(Enumerable.Range(0, 1001).Select(_ => keys.AddAsync(KeyText.Make(), KeyScope.Admin, null, null, "test", Token)));

        var listed = await VerbProcess.RunAsync(["keys", "list", "--json", "--data", _host.Worker.Worker.Get<DataFolder>().Path]);

        Assert.Equal((await keys.ListAsync(Token)).Select(static key => key.Id), JsonNode.Parse(listed.Output)!["items"]!.AsArray().Select(static key => (string)key!["id"]!));
    }

    private async Task<JsonElement> ReadAsync(string path) => await _host.Worker.Admin.GetFromJsonAsync<JsonElement>(path, Token);

    private static IEnumerable<string> NamesOf(JsonElement list) => list.GetProperty("items").EnumerateArray().Select(NameOf);

    private static string NameOf(JsonElement item)
        => string.Join(' ', ((string[])["id", "connection", "externalId", "externalLocation", "day"]).Select(member => item.TryGetProperty(member, out var value) ? value.ToString() : ""));
}
