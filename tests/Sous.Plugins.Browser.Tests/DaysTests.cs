using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days;
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
    private static readonly DateTimeOffset s_closed = new(2026, 3, 15, 6, 0, 0, TimeSpan.Zero);

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

    /// <summary>Two days: one agrees, the other differs and nothing helped.</summary>
    private async Task CloseAsync(TenantId tenant, ConnectionId connection)
    {
        var location = new Location { Ref = new ExternalRef(Stage.Rotating, "L1"), Name = "Joe's Pizza", TimeZone = "Europe/Berlin", Currency = "USD", Active = true };
        await stage.Get<IRegistry>().WriteAsync(
            transaction => transaction.Put(MappedLocation.Collection, new MappedLocation { Connection = connection, Tenant = tenant, DiscoveredAt = s_closed, Location = location }), Token);
        // What the host counts itself when it comes to these days: it has none of their sales.
        var sums = DaySums.Of(DayFigures.Empty(connection, "L1", s_day, "USD"));
        foreach (var (day, told) in new[] { (s_day, 0L), (s_day.AddDays(1), 1240L) })
        {
            var tie = new TieOut("payments and refunds listed", true, [new TieOutFigure("payments", 0, told, "USD", "USD")]) { At = s_closed };
            var key = new ClosingKey(connection, "L1", day);
            await stage.Get<IClosings>().OpenAsync(tenant, [(key, s_closed)], Token);
            var state = new ClosingState { ClosedAt = s_closed, AsClosed = sums, Sums = sums, TieOut = tie, GivenUp = !tie.Ties };
            await stage.Get<IClosings>().KeepAsync(new Closing(key, ClosingStep.None, null, 0, 0, state), [], Token);
        }
    }
}
