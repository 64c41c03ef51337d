using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Access;

public sealed class AccessTests : IAsyncLifetime
{
    private AccessApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AccessApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("/api/v1/keys")]
    [InlineData("/api/v1/tenants")]
    [InlineData("/api/v1/tenants/t1/things")]
    [InlineData("/api/v1/anything")]
    [InlineData("/forgotten")]
    [InlineData("/no/such/route")]
    public async Task Without_a_known_key_everything_answers_401(string path)
    {
        var revoked = await _app.AddKeyAsync("admin");
        Assert.True(KeyText.TryReadId(revoked, out var id));
        Assert.True(await _app.Keys.RevokeAsync(id, "test", Token));
        var mistyped = revoked[..^1] + (revoked[^1] == '0' ? '1' : '0');

        foreach (var key in new[] { null, "nonsense", KeyText.Make().Text, revoked, mistyped })
        {
            using var client = _app.Client(key);
            using var response = await client.GetAsync(path, Token);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("unauthenticated", await CodeAsync(response));
        }
    }

    [Fact]
    public async Task A_tenants_key_gets_403_on_admin_routes_and_404_for_another_tenant_or_none()
    {
        var mine = await _app.AddKeyAsync("tenant:mine");
        await _app.AddKeyAsync("tenant:other");
        using var client = _app.Client(mine);

        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/keys", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/api/v1/tenants", new { id = "x" }, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/tenants/mine/things", Token)).StatusCode);
        using var foreign = await client.GetAsync("/api/v1/tenants/other/things", Token);
        using var absent = await client.GetAsync("/api/v1/tenants/nobody/things", Token);
        using var ill = await client.GetAsync("/api/v1/tenants/a%20b/things", Token);
        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound], [foreign.StatusCode, absent.StatusCode, ill.StatusCode]);
        Assert.Equal(await foreign.Content.ReadAsStringAsync(Token), await absent.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task An_admins_key_reaches_every_tenant_that_exists()
    {
        await _app.AddKeyAsync("tenant:mine");
        using var client = _app.Client(await _app.AddKeyAsync("admin"));

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/tenants/mine/things", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/api/v1/tenants/nobody/things", Token)).StatusCode);
    }

    [Fact]
    public async Task A_key_is_shown_once_kept_as_a_hash_and_dead_once_revoked()
    {
        using var admin = _app.Client(await _app.AddKeyAsync("admin"));
        await admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1", name = "One" }, Token);

        using var created = await admin.PostAsJsonAsync("/api/v1/keys", new { scope = "tenant:t1", name = "platform" }, Token);
        var made = await created.Content.ReadFromJsonAsync<JsonElement>(Token);
        var (id, text) = (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Matches("^sous_[a-z0-9]{12}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$", text);
        Assert.DoesNotContain("\"key\":", await admin.GetStringAsync("/api/v1/keys", Token), StringComparison.Ordinal);
        Assert.DoesNotContain(text[18..61], (await _app.Registry.FindAsync(ApiKey.Collection, id, Token))!.ToString(), StringComparison.Ordinal);
        using var tenant = _app.Client(text);
        Assert.Equal("tenant:t1", await tenant.GetFromJsonAsync<string>("/api/v1/anything", Token));

        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/api/v1/keys/{id}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await tenant.GetAsync("/api/v1/anything", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.DeleteAsync($"/api/v1/keys/{id}", Token)).StatusCode);
    }

    [Fact]
    public async Task A_key_that_expires_opens_until_then_and_nothing_after()
    {
        using var admin = _app.Client(await _app.AddKeyAsync("admin"));
        using var created = await admin.PostAsJsonAsync("/api/v1/keys", new { scope = "admin", expiresAt = _app.Clock.GetUtcNow().AddHours(1) }, Token);
        using var client = _app.Client((await created.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("key").GetString());

        _app.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/keys", Token)).StatusCode);
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/keys", Token)).StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/keys", "{\"scope\":\"admin\",\"expiresAt\":\"2020-01-01T00:00:00Z\"}", "expiresAt")]
    [InlineData("/api/v1/keys", "{\"scope\":\"everything\"}", "scope")]
    [InlineData("/api/v1/keys", "{\"scope\":\"tenant:absent\"}", "scope")]
    [InlineData("/api/v1/keys", "{}", "scope")]
    [InlineData("/api/v1/tenants", "{\"id\":\"a b\"}", "id")]
    [InlineData("/api/v1/tenants", "{\"name\":\"n\"}", "id")]
    public async Task Bad_input_names_the_field(string path, string body, string field)
    {
        using var admin = _app.Client(await _app.AddKeyAsync("admin"));
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await admin.PostAsync(path, content, Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.True((await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task Changes_and_refusals_are_in_the_audit_and_a_flood_of_refusals_is_only_counted()
    {
        var key = await _app.AddKeyAsync("admin");
        Assert.True(KeyText.TryReadId(key, out var id));
        using var admin = _app.Client(key);
        using var nobody = _app.Client();
        await admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1" }, Token);

        for (var i = 0; i < AuditDenials.EntriesPerMinute + 12; i++)
        {
            using var refused = await nobody.GetAsync("/api/v1/keys", Token);
        }

        _app.Clock.Advance(TimeSpan.FromMinutes(2));
        using var later = await nobody.GetAsync("/api/v1/keys", Token);
        var entries = await _app.Registry.ListAsync(AuditEntry.Collection, "", Token);

        Assert.Contains(entries, e => e.Action == "tenant.created" && e.Actor == id && e.Tenant == new TenantId("t1"));
        Assert.Equal(AuditDenials.EntriesPerMinute + 1, entries.Count(e => e.Action == "access.denied"));
        Assert.Equal("401 GET /api/v1/keys; 12 more in an earlier minute", entries[^1].Detail);
    }

    [Fact]
    public async Task A_change_whose_handler_tells_nothing_is_in_the_audit_and_one_that_tells_is_there_once()
    {
        var key = await _app.AddKeyAsync("tenant:mine");
        Assert.True(KeyText.TryReadId(key, out var id));
        using var tenant = _app.Client(key);
        using var admin = _app.Client(await _app.AddKeyAsync("admin"));
        var before = (await _app.Registry.ListAsync(AuditEntry.Collection, "", Token)).Count;

        Assert.Equal(HttpStatusCode.NoContent, (await tenant.PostAsync("/api/v1/tenants/mine/quiet", null, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1" }, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.PostAsJsonAsync("/api/v1/tenants", new { id = "a b" }, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await tenant.GetAsync("/api/v1/runs/anothers", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.GetAsync("/api/v1/runs/none", Token)).StatusCode);
        var entries = (await _app.Registry.ListAsync(AuditEntry.Collection, "", Token)).Skip(before).ToList();

        Assert.Equal(["request.served", "tenant.created", "access.denied"], entries.Select(entry => entry.Action));
        Assert.Equal((id, new TenantId("mine"), "204 POST /api/v1/tenants/{tenant}/quiet"), (entries[0].Actor, entries[0].Tenant, entries[0].Detail));
        Assert.Equal((id, "404 GET /api/v1/runs/{id}"), (entries[2].Actor, entries[2].Detail));
    }

    [Fact]
    public async Task The_first_start_writes_an_admin_key_that_works_and_the_second_none()
    {
        await AdminKeyFile.EnsureAsync(_app.Folder, _app.Registry, _app.Keys, Token);
        var file = _app.Folder.File("admin-key");
        var text = (await File.ReadAllTextAsync(file, Token)).Trim();
        using var client = _app.Client(text);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal("admin", await client.GetFromJsonAsync<string>("/api/v1/anything", Token));

        File.Delete(file);
        Assert.Null(await AdminKeyFile.EnsureAsync(_app.Folder, _app.Registry, _app.Keys, Token));
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task The_key_of_this_start_is_in_host_json_for_its_owner_alone_and_works()
    {
        HostFile.Write(_app.Folder, _app.Address, _app.Services.GetRequiredService<HostKey>(), "/srv/sous/plugins.json");
        var read = HostFile.Read(_app.Folder.Path)!;
        using var client = _app.Client(read.Key);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_app.Folder.File("host.json")));
        Assert.Equal((_app.Address, "/srv/sous/plugins.json"), (read.Address, read.Plugins));
        Assert.Equal("admin", await client.GetFromJsonAsync<string>("/api/v1/anything", Token));

        HostFile.Delete(_app.Folder);
        Assert.Null(HostFile.Read(_app.Folder.Path));
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response)
        => (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}
