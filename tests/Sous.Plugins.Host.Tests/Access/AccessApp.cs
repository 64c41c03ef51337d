using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Access;

/// <summary>The access room on a real Kestrel and a real registry, with one endpoint of each level.</summary>
internal sealed class AccessApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporaryFolder _temporary = new();

    private AccessApp()
    {
        Folder = DataFolder.Open(_temporary.Path);
        Folder.Claim();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(Clock).AddStorage(Folder).AddEvents().AddAccess().AddSingleton<TenantRemovals>();
        builder.Services.ConfigureHttpJsonOptions(HttpJson.Configure);
        _app = builder.Build();
        _app.UseAuthentication();
        _app.UseAudit();
        _app.UseAuthorization();
        _app.MapKeys();
        _app.MapTenants();
        _app.MapGet("/api/v1/tenants/{tenant}/things", (Caller caller) => TypedResults.Ok(caller.KeyId)).RequireAccess(AccessLevel.Tenant);
        _app.MapGet("/api/v1/anything", (Caller caller) => TypedResults.Ok(caller.Scope.ToString())).RequireAccess(AccessLevel.Key);
        _app.MapPost("/api/v1/tenants/{tenant}/quiet", () => TypedResults.NoContent()).RequireAccess(AccessLevel.Tenant);
        _app.MapGet("/api/v1/runs/{id}", () => TypedResults.NotFound()).RequireAccess(AccessLevel.Key);
        _app.MapGet("/forgotten", () => "says nothing of access");
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero));

    public DataFolder Folder { get; }

    public IServiceProvider Services => _app.Services;

    public IRegistry Registry => Services.GetRequiredService<IRegistry>();

    public KeyStore Keys => Services.GetRequiredService<KeyStore>();

    public Uri Address => new(_app.Urls.First());

    public static async Task<AccessApp> StartAsync()
    {
        var app = new AccessApp();
        await app._app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    public HttpClient Client(string? key = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async Task<string> AddKeyAsync(string scope)
    {
        var made = KeyText.Make();
        Assert.True(KeyScope.TryParse(scope, out var parsed));
        if (parsed.Tenant is { } tenant)
        {
            await Registry.WriteAsync(t => t.Put(Tenant.Collection, new Tenant(tenant, null, Clock.GetUtcNow())), TestContext.Current.CancellationToken);
        }

        Assert.NotNull(await Keys.AddAsync(made, parsed, null, null, "test", TestContext.Current.CancellationToken));
        return made.Text;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Folder.Dispose();
        _temporary.Dispose();
    }
}
