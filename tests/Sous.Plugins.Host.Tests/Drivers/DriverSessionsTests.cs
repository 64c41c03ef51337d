using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Tests.Backup;
using Sous.Plugins.Host.Tests.Drivers.Egress;

namespace Sous.Plugins.Host.Tests.Drivers;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DriverSessionsTests : IDisposable
{
    private readonly PluginsTree _tree = new();

    [Fact]
    public async Task A_loaded_driver_calls_its_service_through_the_hosts_handler_with_the_connections_settings()
    {
        // Arrange
        var token = TestContext.Current.CancellationToken;
        await using var service = await LoopbackService.StartAsync((context, _) => context.Response.WriteAsync($"token was {context.Request.Headers.Authorization}"));
        _tree.Add("Good");
        _tree.List(PluginsTree.Entry("good", "Good", """, "settings": { "path": "entry", "other": 1 } """));
        var loaded = PluginsTree.Get(await _tree.LoadAsync(), "good");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Clients:good:ApiUrl", $"{service.Address}v2")]).Build();
        using var host = new OrdinaryHost();
        using var budgets = new CallBudgets(configuration, TimeProvider.System);
        using var http = new DriverHttp(configuration, host.Adoption, budgets, new EgressMetrics(Meters.New(), budgets), TimeProvider.System, NullLogger<DriverHttp>.Instance);
        using var logs = new LoggerFactory();
        var sessions = new DriverSessions(http, _tree.Defects, new FakeTimeProvider(), logs);

        // Act
        var fromEntry = await ProbeAsync(sessions, loaded, "{}", token);
        var fromConnection = await ProbeAsync(sessions, loaded, """{ "path": "locations" }""", token);

        // Assert
        Assert.Equal("token was Bearer sesame", fromEntry.AccountName);
        Assert.Equal("account-1", fromConnection.AccountId);
        Assert.Equal(["GET /v2/entry", "GET /v2/locations"], service.Asked);
    }

    public void Dispose() => _tree.Dispose();

    private static async Task<Sdk.ProbeResult> ProbeAsync(DriverSessions sessions, LoadedDriver driver, string settings, CancellationToken token)
    {
        var connection = new Connection
        {
            Id = new ConnectionId("con_1"),
            Tenant = new TenantId("t"),
            Driver = driver.Id,
            AccountId = "account-1",
            Status = default,
            Settings = JsonElement.Parse(settings),
            CreatedAt = default,
            ChangedAt = default,
        };
        await using var session = sessions.Open(driver, connection, new Bearer(), CallPriority.Live);
        return await session.Driver.ProbeAsync(token);
    }

    private sealed class Bearer : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "sesame");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
