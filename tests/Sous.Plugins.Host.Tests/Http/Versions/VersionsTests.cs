using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Tests.Telemetry;

namespace Sous.Plugins.Host.Tests.Http.Versions;

/// <summary>Two editors of one thing: who edits what he has not read overwrites nothing, if he says what he read.</summary>
public sealed class VersionsTests : IAsyncLifetime
{
    private const string Tenant = "/api/v1/tenants/t1";

    private SyncedToast _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Connection => $"{Tenant}/connections/{_host.Connection}";

    public async ValueTask InitializeAsync() => _host = await SyncedToast.StartAsync(Token);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_connections_settings()
        => await EditTwiceAsync(Connection, item: null, HttpMethod.Patch, Connection, Settings(1), Settings(2));

    [Fact]
    public async Task A_sync()
        => await EditTwiceAsync($"{Connection}/syncs", item: 0, HttpMethod.Put, $"{Connection}/syncs/sales", new { schedule = "0 4 * * *", enabled = true }, new { schedule = "0 5 * * *", enabled = false });

    [Fact]
    public async Task A_locations_mapping()
        => await EditTwiceAsync($"{Connection}/locations", item: 0, HttpMethod.Put, $"{Connection}/locations/{_host.Toast.Truth.Restaurants[0].Id}", new { ownId = "one" }, new { ownId = "two" });

    [Fact]
    public async Task The_tenants_own_locations()
        => await EditTwiceAsync($"{Tenant}/own-locations", item: null, HttpMethod.Put, $"{Tenant}/own-locations", Own("one"), Own("two"));

    [Fact]
    public async Task What_was_edited_meanwhile_is_not_deleted_unread()
    {
        var made = await _host.Host.Worker.PostAsync($"{Tenant}/subscriptions", new { url = "https://platform.example/sous" }, HttpStatusCode.Created);
        var subscription = $"{Tenant}/subscriptions/{made.GetProperty("id").GetString()}";
        var mapping = $"{Connection}/locations/{_host.Toast.Truth.Restaurants[0].Id}";
        var (read, mapped) = (await VersionAsync(subscription, null), await VersionAsync($"{Connection}/locations", 0));
        await _host.Host.Worker.PostAsync($"{subscription}/rotate-secret", new { }, HttpStatusCode.OK);
        await SendAsync(HttpMethod.Put, mapping, new { ownId = "another" }, null);

        var refused = new[] { await SendAsync(HttpMethod.Delete, subscription, null, read), await SendAsync(HttpMethod.Delete, mapping, null, mapped), await SendAsync(HttpMethod.Delete, Connection, null, "another") };
        var deleted = new[] { await SendAsync(HttpMethod.Delete, subscription, null, await VersionAsync(subscription, null)), await SendAsync(HttpMethod.Delete, Connection, null, await VersionAsync(Connection, null)) };

        Assert.All(refused, static answer => Assert.Equal(HttpStatusCode.PreconditionFailed, answer.Status));
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.Accepted], deleted.Select(static answer => answer.Status));
    }

    [Fact]
    public async Task A_syncs_checkpoints()
    {
        // Arrange
        var checkpoints = $"{Connection}/syncs/sales/checkpoints";
        await _host.Host.RunAsync(_host.Connection, "sales");
        await _host.Host.Worker.PostAsync($"{Connection}/pause", new { }, HttpStatusCode.OK);
        var shown = await _host.Host.GetAsync($"connections/{_host.Connection}/syncs/sales/checkpoints");
        var read = await VersionAsync(checkpoints, null);

        // Act
        var reset = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(HttpMethod.Delete, checkpoints, null, read)));
        var stale = await SendAsync(HttpMethod.Put, checkpoints, shown, read);
        var empty = await VersionAsync(checkpoints, null);
        var set = await SendAsync(HttpMethod.Put, checkpoints, shown, empty);

        // Assert
        Assert.Equal($"\"{empty}\"", Assert.Single(reset, static answer => answer.Status == HttpStatusCode.OK).Tag);
        Assert.Equal(3, reset.Count(static answer => answer.Status == HttpStatusCode.PreconditionFailed));
        Assert.Equal((HttpStatusCode.PreconditionFailed, empty), (stale.Status, stale.Body.GetProperty("version").GetString()));
        Assert.Equal((HttpStatusCode.OK, $"\"{read}\""), (set.Status, set.Tag));
    }

    [Fact]
    public async Task Of_many_at_once_who_read_the_same_one_edits()
    {
        var read = await VersionAsync($"{Tenant}/own-locations", null);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => SendAsync(HttpMethod.Put, $"{Tenant}/own-locations", Own($"own-{number}"), read)));

        Assert.Single(answers, static answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(static answer => answer.Status == HttpStatusCode.PreconditionFailed));
    }

    [Theory]
    [InlineData("*", HttpStatusCode.OK)]
    [InlineData("\"no\", \"READ\"", HttpStatusCode.OK)]
    [InlineData("W/\"READ\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("READ", HttpStatusCode.PreconditionFailed)]
    [InlineData("", HttpStatusCode.PreconditionFailed)]
    public async Task A_header_lets_edit_what_it_names_strongly_or_by_a_star(string header, HttpStatusCode expected)
    {
        var read = await VersionAsync($"{Tenant}/own-locations", null);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Tenant}/own-locations") { Content = JsonContent.Create(Own("one")) };
        request.Headers.TryAddWithoutValidation(IfMatch.Header, header.Replace("READ", read, StringComparison.Ordinal));

        using var answer = await _host.Host.Worker.Admin.SendAsync(request, Token);

        Assert.Equal(expected, answer.StatusCode);
    }

    private async Task EditTwiceAsync(string list, int? item, HttpMethod method, string path, object first, object second)
    {
        // Arrange
        var read = await VersionAsync(list, item);

        // Act
        var ann = await SendAsync(method, path, first, read);
        var bob = await SendAsync(method, path, second, read);
        var between = await VersionAsync(list, item);
        var again = await SendAsync(method, path, second, bob.Body.GetProperty("version").GetString());
        var unasked = await SendAsync(method, path, first, null);

        // Assert
        Assert.Equal((HttpStatusCode.OK, $"\"{between}\""), (ann.Status, ann.Tag));
        Assert.Equal((HttpStatusCode.PreconditionFailed, StaleVersionException.Code, between), (bob.Status, bob.Body.GetProperty("code").GetString(), bob.Body.GetProperty("version").GetString()));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [again.Status, unasked.Status]);
        Assert.Distinct([read, between, again.Body.GetProperty("version").GetString()]);
    }

    private async Task<string> VersionAsync(string path, int? item)
    {
        using var answer = await _host.Host.Worker.Admin.GetAsync(path, Token);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        var version = (item is { } index ? body.GetProperty("items")[index] : body).GetProperty("version").GetString()!;
        Assert.True(item is not null || answer.Headers.ETag is { IsWeak: false, Tag: var tag } && tag == $"\"{version}\"");
        return version;
    }

    private async Task<(HttpStatusCode Status, string? Tag, JsonElement Body)> SendAsync(HttpMethod method, string path, object? body, string? version)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (version is not null)
        {
            request.Headers.TryAddWithoutValidation(IfMatch.Header, $"\"{version}\"");
        }

        using var answer = await _host.Host.Worker.Admin.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        return (answer.StatusCode, answer.Headers.ETag?.Tag, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    private object Settings(int restaurants) => new { settings = new { restaurants = _host.Toast.Truth.Restaurants.Skip(1).Take(restaurants).Select(static one => one.Id) } };

    private static object Own(string id) => new { items = new[] { new { ownId = id, name = "Hill Street" } } };
}
