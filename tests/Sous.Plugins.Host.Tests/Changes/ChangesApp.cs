using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Changes;

/// <summary>The feed and the days on a real Kestrel, with the key of a tenant.</summary>
internal sealed class ChangesApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataFolder _folder;
    private readonly TemporaryFolder _temporary = new();

    private ChangesApp(StoreUnderTest test)
    {
        _folder = DataFolder.Open(_temporary.Path);
        _folder.Claim();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(Clock).AddStorage(_folder).AddAccess().AddDays().AddSingleton<IChangeStore>(test.Store).AddSingleton<IClosings>(test.Closings);
        builder.Services.AddSingleton(new DriverAccess(static _ => null, static (_, _, _) => throw new NotSupportedException("No driver takes part in these tests.")));
        builder.Services.ConfigureHttpJsonOptions(HttpJson.Configure);
        _app = builder.Build();
        _app.MapChanges();
        _app.MapRecords();
        _app.MapDays();
    }

    public FakeTimeProvider Clock { get; } = new(Sales.Noon);

    public IRegistry Registry => _app.Services.GetRequiredService<IRegistry>();

    public HttpClient Client { get; } = new();

    public static async Task<ChangesApp> StartAsync(StoreUnderTest test)
    {
        var token = TestContext.Current.CancellationToken;
        var app = new ChangesApp(test);
        await app._app.StartAsync(token);
        var key = KeyText.Make();
        Assert.True(KeyScope.TryParse($"tenant:{StoreUnderTest.Tenant}", out var scope));
        await app.Registry.WriteAsync(t => t.Put(Tenant.Collection, new Tenant(StoreUnderTest.Tenant, null, Sales.Noon)), token);
        await app._app.Services.GetRequiredService<KeyStore>().AddAsync(key, scope, null, null, "test", token);
        app.Client.BaseAddress = new Uri(app._app.Urls.First());
        app.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Text);
        return app;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
        _temporary.Dispose();
    }
}
