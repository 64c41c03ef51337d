using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Guards;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Http.WrongInput;

/// <summary>One whole host for all rows: a tenant <c>t1</c> that is connected to a simulated Toast, and a registration at Square that nobody uses.</summary>
public sealed class WrongInputHost : IAsyncLifetime
{
    private ToastSimulator _toast = null!;
    private GuardedHost _host = null!;

    internal HttpClient Client { get; private set; } = null!;

    internal string Connection { get; private set; } = "";

    internal string Restaurant => _toast.Truth.Restaurants[0].Id;

    internal string Data => _host.Worker.Worker.Get<DataFolder>().Path;

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        _toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0, RateLimits = false, TokenLife = TimeSpan.FromDays(60) }, new FakeTimeProvider(TimeProvider.System.GetUtcNow()), token);
        _host = await GuardedHost.StartAsync(
            ("toast", _toast.Address, _toast.Options.ClientId, _toast.ClientSecret), ("square", new Uri("http://127.0.0.1:9"), "an-id", "secret-value"));
        Connection = await _host.BindAsync("toast", new { restaurants = new[] { Restaurant } });
        Client = new HttpClient { BaseAddress = _host.Worker.Address };
        Client.DefaultRequestHeaders.Authorization = _host.Worker.Admin.DefaultRequestHeaders.Authorization;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.DisposeAsync();
        await _toast.DisposeAsync();
    }
}
