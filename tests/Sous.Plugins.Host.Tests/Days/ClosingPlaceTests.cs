using System.Globalization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Tests.Days;

public sealed class ClosingPlaceTests
{
    // Clocks go forward in New York on 8 March and in Berlin on 29 March, back on 1 November and 25 October.
    [Theory]
    [InlineData("America/New_York", "00:00", "2026-03-07", "2026-03-08T07:00Z")]
    [InlineData("America/New_York", "00:00", "2026-03-08", "2026-03-09T06:00Z")]
    [InlineData("America/New_York", "04:00", "2026-03-07", "2026-03-08T10:00Z")]
    [InlineData("America/New_York", "02:30", "2026-03-07", "2026-03-08T09:00Z")]
    [InlineData("America/New_York", "04:00", "2026-10-31", "2026-11-01T11:00Z")]
    [InlineData("America/New_York", "01:30", "2026-10-31", "2026-11-01T07:30Z")]
    [InlineData("America/New_York", "01:30", "2026-11-01", "2026-11-02T08:30Z")]
    [InlineData("Europe/Berlin", "00:00", "2026-03-29", "2026-03-30T00:00Z")]
    [InlineData("Europe/Berlin", "03:00", "2026-03-28", "2026-03-29T03:00Z")]
    [InlineData("Europe/Berlin", "00:00", "2026-10-25", "2026-10-26T01:00Z")]
    [InlineData("Asia/Tokyo", "05:00", "2026-03-28", "2026-03-28T22:00Z")]
    public void A_day_has_settled_two_hours_after_its_end_by_the_location_s_own_clock(string zone, string start, string day, string settled)
    {
        var place = ClosingPlace.Of(
            new MappedLocation
            {
                Connection = new ConnectionId("c"),
                Tenant = new TenantId("t"),
                DiscoveredAt = default,
                BusinessDayStart = TimeSpan.Parse(start, CultureInfo.InvariantCulture),
                Location = new Location { Ref = new ExternalRef("x", "L"), Name = "Main", TimeZone = zone, Currency = "USD", Active = true },
            },
            TimeSpan.FromHours(2))!;
        var date = DateOnly.Parse(day, CultureInfo.InvariantCulture);
        var at = DateTimeOffset.Parse(settled, CultureInfo.InvariantCulture);

        Assert.Equal(at, place.SettledAt(date));
        // A moment before it is the day that has not settled; from then on the next is.
        Assert.Equal((date, date.AddDays(1)), (place.UnsettledAt(at.AddTicks(-1)), place.UnsettledAt(at)));
    }

    [Fact]
    public void A_zone_that_is_not_known_here_has_no_days_to_close()
        => Assert.Null(ClosingPlace.Of(
            new MappedLocation
            {
                Connection = new ConnectionId("c"),
                Tenant = new TenantId("t"),
                DiscoveredAt = default,
                Location = new Location { Ref = new ExternalRef("x", "L"), Name = "Main", TimeZone = "Mars/Olympus", Currency = "USD", Active = true },
            },
            TimeSpan.Zero));
}
