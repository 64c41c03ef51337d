using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Browser.Tests;

/// <summary>What a bookkeeper reads of closed days.</summary>
public sealed class DaysTests(Stage stage)
{
    private static readonly DateOnly s_day = new(2026, 3, 14);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_day_that_differs_is_found_in_the_calendar_read_and_downloaded()
    {
        await using var visitor = await stage.SignInAsync();
        var tenant = await stage.AddTenantAsync("Bookkeepers");
        var connection = stage.PageOf(await stage.ConnectAsync(tenant, Stage.Rotating)).Segments[^1];
        await CloseAsync(new TenantId(tenant.Split('/')[^1]), new ConnectionId(connection));

        await visitor.GoAsync(stage.PageOf($"{tenant}/days?month=2026-03"));
        await visitor.SeeAsync("Payments: we have 0.00 USD, the service tells 12.40 USD.");
        await visitor.LookAsync("days");
        var download = await visitor.Page.RunAndWaitForDownloadAsync(() => visitor.FollowAsync("Download the month for a spreadsheet"));
        Assert.Equal($"days-{tenant.Split('/')[^1]}-2026-03.csv", download.SuggestedFilename);
        await visitor.FollowAsync("15 March 2026");

        await visitor.SeeAsync("Differs from the service's own totals");
        await visitor.LookAsync("day");
    }

    /// <summary>Two days: one agrees, the other differs.</summary>
    private async Task CloseAsync(TenantId tenant, ConnectionId connection)
    {
        var location = new Location { Ref = new ExternalRef(Stage.Rotating, "L1"), Name = "Joe's Pizza", TimeZone = "Europe/Berlin", Currency = "USD", Active = true };
        await stage.Get<IRegistry>().WriteAsync(
            transaction => transaction.Put(MappedLocation.Collection, new MappedLocation { Connection = connection, Tenant = tenant, DiscoveredAt = TimeProvider.System.GetUtcNow(), Location = location }), Token);
        foreach (var (day, told) in new[] { (s_day, 0L), (s_day.AddDays(1), 1240L) })
        {
            await stage.CloseAsync(tenant, new ClosingKey(connection, "L1", day), "payments and refunds listed", new Money(told, "USD"));
        }
    }
}
