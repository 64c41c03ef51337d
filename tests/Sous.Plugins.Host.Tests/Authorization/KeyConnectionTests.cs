using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Services with a key: entered through the API, probed before it is kept, replaced without losing the connection.</summary>
public sealed class KeyConnectionTests : IAsyncLifetime
{
    private const string Good = "key-SOUSCANARY-good";

    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await AuthorizationApp.StartAsync(DirectDriver.LoadKey(), TestDriver.Load(TestDriver.Id));
        _app.Service.Keys[Good] = "shop-1";
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_key_that_the_service_takes_makes_a_connection_that_works_and_is_nowhere_to_be_read()
    {
        var made = await ConnectAsync();

        Assert.Equal(("ok", "api_key", "shop-1"), (Text(made, "status"), Text(made, "authorization"), Text(made, "accountId")));
        Assert.True((await ProbeAsync(made)).GetProperty("ok").GetBoolean());
        Assert.DoesNotContain("SOUSCANARY", made.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Good, await _app.ReadFilesAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(_app.Logs.Lines, static line => line.Contains(Good, StringComparison.Ordinal));
        await _app.RestartAsync();
        Assert.True((await ProbeAsync(made)).GetProperty("ok").GetBoolean());
    }

    [Theory]
    [InlineData("""{"driver":"key-service","apiKey":"wrong"}""", 409, "credential_refused")]
    [InlineData("""{"driver":"key-service"}""", 400, "apiKey")]
    [InlineData("""{"driver":"key-service","apiKey":"with blank"}""", 400, "apiKey")]
    [InlineData("""{"driver":"key-service","apiKey":"key-SOUSCANARY-good","settings":{"a":1}}""", 400, "settings")]
    [InlineData("""{"driver":"nobody","apiKey":"x"}""", 400, "driver")]
    [InlineData("""{"driver":"test-service"}""", 409, "capability_absent")]
    public async Task What_cannot_be_connected_is_named_and_nothing_is_kept(string body, int status, string named)
    {
        using var answer = await _app.Admin.PostAsync("/api/v1/tenants/t1/connections", new StringContent(body, null, "application/json"), Token);
        var problem = await answer.Content.ReadAsStringAsync(Token);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Contains($"\"{named}\"", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("SOUSCANARY", problem, StringComparison.Ordinal);
        Assert.Empty((await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_key_that_the_service_takes_no_longer_asks_the_owner_and_another_one_mends_it()
    {
        var made = await ConnectAsync();
        _app.Service.Keys.Clear();
        await ProbeAsync(made);
        Assert.Equal("needs_reconnect", await StatusAsync(made));
        _app.Service.Keys["key-2"] = "shop-1";

        using var wrong = await ReplaceAsync(made, new { apiKey = "key-3" });
        using var answer = await ReplaceAsync(made, new { apiKey = "key-2" });

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.OK), (wrong.StatusCode, answer.StatusCode));
        Assert.Equal("ok", await StatusAsync(made));
        Assert.True((await ProbeAsync(made)).GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task A_key_of_another_account_is_taken_only_when_the_account_is_named()
    {
        var made = await ConnectAsync();
        _app.Service.Keys["key-2"] = "shop-2";

        using var refused = await ReplaceAsync(made, new { apiKey = "key-2" });
        using var taken = await ReplaceAsync(made, new { apiKey = "key-2", account = "shop-2" });

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("another_account", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal("shop-2", Text(await taken.Content.ReadFromJsonAsync<JsonElement>(Token), "accountId"));
    }

    [Fact]
    public async Task Of_many_keys_at_once_one_replaces_the_version_that_was_read_and_without_a_version_the_last_one_does()
    {
        var made = await ConnectAsync();
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        string[] keys = [.. Enumerable.Range(0, 4).Select(static number => $"key-{number}")];
        Array.ForEach(keys, key => _app.Service.Keys[key] = "shop-1");

        var answers = await Task.WhenAll(keys.Select(key => ReplaceAsync(made, new { apiKey = key }, Text(made, "version"))));
        var unasked = await Task.WhenAll(keys.Select(key => ReplaceAsync(made, new { apiKey = key })));

        var replaced = Assert.Single(answers, static answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(3, answers.Count(static answer => answer.StatusCode == HttpStatusCode.PreconditionFailed));
        Assert.NotEqual($"\"{Text(made, "version")}\"", replaced.Headers.ETag?.Tag);
        foreach (var answer in unasked)
        {
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        }
    }

    [Fact]
    public async Task A_host_that_is_killed_right_after_it_stored_another_key_has_mended_the_connection_too()
    {
        // Arrange
        var made = await ConnectAsync();
        _app.Service.Keys.Clear();
        await ProbeAsync(made);
        _app.Service.Keys["key-2"] = "shop-1";
        var registry = new TroubledRegistry(_app.Get<IRegistry>()) { Written = static _ => throw new StorageException("The host was killed.") };

        // Act
        await Assert.ThrowsAsync<StorageException>(() => ReplaceAsync(registry, made, "key-2"));

        // Assert
        Assert.True((await ProbeAsync(made)).GetProperty("ok").GetBoolean());
        Assert.Equal("ok", await StatusAsync(made));
        Assert.Single(await _app.EventsAsync("connection.ok"));
        Assert.Contains(await _app.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token), static entry => entry.Action == "connection.key_replaced");
    }

    [Fact]
    public async Task A_key_for_a_connection_that_is_deleted_while_it_is_tried_is_refused_and_not_kept()
    {
        var made = await ConnectAsync();
        var registry = new TroubledRegistry(_app.Get<IRegistry>());
        registry.Writing = async () =>
        {
            registry.Writing = static () => Task.CompletedTask;
            using var _ = await _app.Admin.DeleteAsync(Path(made), Token);
        };

        var end = await ReplaceAsync(registry, made, Good);

        Assert.Equal("connection_gone", end.Problem?.ProblemDetails.Extensions["code"]);
        await AuthorizationApp.EventuallyAsync(async () => await StatusAsync(made) == "cannot_revoke");
        Assert.Null(await _app.Get<CredentialStore>().FindAsync(new ConnectionId(Text(made, "id")!), Token));
        Assert.DoesNotContain(await _app.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token), static entry => entry.Action == "connection.key_replaced");
    }

    [Fact]
    public async Task Deleting_it_forgets_the_key_and_says_that_the_service_was_not_told()
    {
        var made = await ConnectAsync();
        using var _ = await _app.Admin.DeleteAsync(Path(made), Token);

        await AuthorizationApp.EventuallyAsync(async () => await StatusAsync(made) == "cannot_revoke");

        Assert.Empty(_app.Service.RevokeRequests);
        Assert.Null(await _app.Get<CredentialStore>().FindAsync(new ConnectionId(Text(made, "id")!), Token));
    }

    private async Task<JsonElement> ConnectAsync()
    {
        using var answer = await _app.Admin.PostAsJsonAsync("/api/v1/tenants/t1/connections", new { driver = DirectDriver.Key, apiKey = Good }, Token);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private async Task<HttpResponseMessage> ReplaceAsync(JsonElement connection, object body, string? version = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Path(connection)}/credentials") { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("If-Match", version is null ? [] : [$"\"{version}\""]);
        return await _app.Admin.SendAsync(request, Token);
    }

    /// <summary>As the host does it, on another registry than its own.</summary>
    private async Task<RedemptionEnd> ReplaceAsync(TroubledRegistry registry, JsonElement connection, string key)
    {
        var log = new EventLog(registry);
        var direct = new DirectConnections(
            registry,
            new CredentialStore(registry, _app.Get<CredentialProtector>(), _app.Get<TallyKeeper>(), _app.Clock),
            new ConnectionStore(registry, log, _app.Get<RefusedTokens>(), _app.Clock, NullLogger<ConnectionStore>.Instance),
            _app.Get<ConnectionProbe>(),
            _app.Get<ConnectionAuthorization>(),
            log,
            _app.Get<ConnectionEvents>(),
            _app.Get<DriverLookup>(),
            _app.Get<ClientRegistrations>(),
            _app.Get<IHostApplicationLifetime>(),
            _app.Clock);
        var stored = await _app.Get<ConnectionStore>().FindAsync(new ConnectionId(Text(connection, "id")!), Token);
        return await direct.ReplaceKeyAsync(stored!, new NewCredentials(key), IfMatch.Any, new Caller("test", KeyScope.Admin), Token);
    }

    private async Task<JsonElement> ProbeAsync(JsonElement connection)
    {
        using var answer = await _app.Admin.PostAsync($"{Path(connection)}/probe", null, Token);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private async Task<string?> StatusAsync(JsonElement connection) => Text(await _app.GetAsync(Path(connection)), "status");

    private static string Path(JsonElement connection) => $"/api/v1/tenants/t1/connections/{Text(connection, "id")}";

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
