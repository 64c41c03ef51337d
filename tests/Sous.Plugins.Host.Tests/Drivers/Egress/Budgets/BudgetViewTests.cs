using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Drivers.Egress.Budgets;

public sealed class BudgetViewTests
{
    [Fact]
    public async Task A_connection_shows_until_when_its_service_asked_it_to_wait()
    {
        await using var app = await AuthorizationApp.StartAsync();
        var connection = await app.ConnectAsync();
        var address = $"/api/v1/tenants/{connection.Tenant}/connections/{connection.Id}";
        // The first call of it that anybody made.
        app.Get<CallBudgets>().Of(TestDriver.Load(TestDriver.Id)).Heed(new CallLane(connection.Id, CallPriority.Live), new ServiceWord(true, TimeSpan.FromSeconds(90)));

        var waits = await app.Admin.GetFromJsonAsync<JsonElement>(address, TestContext.Current.CancellationToken);
        app.Clock.Advance(TimeSpan.FromSeconds(90));
        var goesOn = await app.Admin.GetFromJsonAsync<JsonElement>(address, TestContext.Current.CancellationToken);

        Assert.Contains("asked to wait until", waits.GetProperty("cause").GetString(), StringComparison.Ordinal);
        Assert.Equal(app.Clock.GetUtcNow(), waits.GetProperty("waitingUntil").GetDateTimeOffset(), TimeSpan.FromSeconds(1));
        Assert.False(goesOn.TryGetProperty("waitingUntil", out _));
        Assert.False(goesOn.TryGetProperty("cause", out _));
    }
}
