using System.Net;
using System.Text;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Dashboard.Days;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>The calendar of business days: what agrees, what does not and why, what changed since the books were closed.</summary>
public sealed class DaysPageTests
{
    private const string March = "/dashboard/tenants/hill/days?month=2026-03";

    private static readonly DateTimeOffset s_closed = Sales.Noon.AddDays(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_day_has_its_sign_with_the_words_that_say_the_same_and_what_differs_is_told_in_words()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill", "Hill Street Ltd");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await host.AddLocationAsync(connection, Sales.Location, "Joe's Pizza");
        await CloseAsync(host, connection, Sales.Location, Sales.Day, Sums(1000), told: 1000);
        await CloseAsync(host, connection, Sales.Location, Sales.Day.AddDays(1), Sums(1000), told: 1240, givenUp: true);
        await CloseAsync(host, connection, Sales.Location, Sales.Day.AddDays(2), Sums(1000), told: 1000, asClosed: Sums(1500));
        using var browser = await DashboardBrowser.SignInAsync(host, key);

        using (var start = await browser.OpenAsync("/dashboard/days"))
        {
            Assert.Equal((HttpStatusCode.SeeOther, "/dashboard/tenants/hill/days"), (start.StatusCode, start.Headers.Location?.OriginalString));
        }

        var page = await browser.ReadAsync(March);

        Assert.Contains("<h1>Days in March 2026</h1>", page, StringComparison.Ordinal);
        Assert.Contains("3 days are closed, over all locations: 1 differs from what the service tells, and 1 has changed since.", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"good\"><span role=\"img\" aria-label=\"Agrees with the service&#x27;s own totals\">&#x2713;</span></td>", page, StringComparison.Ordinal);
        Assert.Contains("aria-label=\"Agrees with the service&#x27;s own totals; changed since it was closed\">&#x2713;&#x21BB;</span>", page, StringComparison.Ordinal);
        Assert.Contains("Payments: we have 10.00 USD, the service tells 12.40 USD.", page, StringComparison.Ordinal);
        Assert.Contains("Fetching it again did not help. Whoever runs this worker must act.", page, StringComparison.Ordinal);
        Assert.Contains("Payments: 15.00 USD when it was closed, 10.00 USD now.", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\"><bdi class=\"name\">Joe&#x27;s Pizza</bdi>", page, StringComparison.Ordinal);
        Assert.Equal(31, page.Split("<th scope=\"col\"><a href=").Length - 1);
        Assert.DoesNotContain("payments", page, StringComparison.Ordinal);
        Assert.Contains("No day of this month is closed yet.", await browser.ReadAsync("/dashboard/tenants/hill/days?month=2026-02"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_shows_every_figure_as_it_was_closed_as_it_is_and_as_the_service_tells_it()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await host.AddLocationAsync(connection, Sales.Location, "Joe's Pizza");
        await host.CommitAsync(connection, Sales.Make("s1") with { Payments = [Sales.Payment("p1", 1000, 0)] });
        await CloseAsync(host, connection, Sales.Location, Sales.Day, Sums(1000), told: 1240, asClosed: Sums(1500));
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        var page = await browser.ReadAsync("/dashboard/tenants/hill/days/2026-03-14");

        Assert.Contains("<th scope=\"row\">Payments</th><td>15.00 USD</td><td>10.00 USD</td>\n<td>12.40 USD</td><td>-2.40 USD</td>", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">Net sales</th><td>0.00 USD</td><td>10.00 USD</td>\n<td>not told</td><td></td>", page, StringComparison.Ordinal);
        Assert.Contains("Net sales: 0.00 USD when it was closed, 10.00 USD now.", page, StringComparison.Ordinal);
        Assert.Contains("Differs from the service&#x27;s own totals", page, StringComparison.Ordinal);
        Assert.Contains("Nothing is known of this day.", await browser.ReadAsync("/dashboard/tenants/hill/days/2026-03-20"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_month_is_downloaded_for_a_spreadsheet_which_runs_no_name_of_it()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await host.AddLocationAsync(connection, Sales.Location, "\t=HYPERLINK(\"http://evil.example\",\"Café\")");
        await host.CommitAsync(connection, Sales.Make("s1"), Sales.Make("s2", day: new DateOnly(2026, 4, 1)));
        using var browser = await DashboardBrowser.SignInAsync(host, key);

        using var answer = await browser.OpenAsync("/dashboard/tenants/hill/days.csv?month=2026-03");

        Assert.Equal(("text/csv", "attachment; filename=days-hill-2026-03.csv; filename*=UTF-8''days-hill-2026-03.csv"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.ToString()));
        var bytes = await answer.Content.ReadAsByteArrayAsync(Token);
        Assert.Equal(Encoding.UTF8.Preamble.ToArray(), bytes[..3]);
        var lines = Encoding.UTF8.GetString(bytes[3..]).Split("\r\n");
        Assert.Equal(3, lines.Length);
        Assert.StartsWith($"\"2026-03-14\",\"{connection.Id}\",\"L1\",,\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"Café\"\")\",\"USD\",1,10.00,", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("days?month=2026-13")]
    [InlineData("days?month=0001-01")]
    [InlineData("days?month=%3Cscript%3E")]
    [InlineData("days?page=0")]
    [InlineData("days?page=2")]
    [InlineData("days/2026-02-30")]
    [InlineData("days/9999-12-31")]
    [InlineData("days/2026-03-14?page=2")]
    [InlineData("days.csv?month=march")]
    public async Task What_is_no_month_day_or_page_is_not_there(string path)
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        using var answer = await browser.OpenAsync($"/dashboard/tenants/hill/{path}");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("There is no such page", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_tenants_days_are_not_there()
    {
        await using var host = await RunningWorker.StartAsync();
        var (_, key) = await host.AddTenantAsync("hill");
        await host.AddTenantAsync("lake", "Lake House");
        using var browser = await DashboardBrowser.SignInAsync(host, key);
        using var admin = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        foreach (var path in new[] { "days", "days/2026-03-14", "days.csv" })
        {
            using var answer = await browser.OpenAsync($"/dashboard/tenants/lake/{path}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        Assert.Contains("href=\"/dashboard/tenants/lake/days\"><bdi class=\"name\">Lake House</bdi>", await admin.ReadAsync("/dashboard/days"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("days")]
    [InlineData("events")]
    public async Task Whose_is_chosen_among_any_number_of_tenants_a_page_at_a_time(string path)
    {
        await using var host = await RunningWorker.StartAsync();
        await host.Worker.Get<IRegistry>().WriteAsync(
            transaction =>
            {
                for (var number = 0; number <= TenantChoice.PageSize; number++)
                {
                    transaction.Put(Tenant.Collection, new Tenant(new TenantId($"tenant-{number:D3}"), null, s_closed));
                }
            },
            Token);
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        var first = await browser.ReadAsync($"/dashboard/{path}");
        var second = await browser.ReadAsync($"/dashboard/{path}?page=2");

        Assert.Contains("<p>Whose?</p>", first, StringComparison.Ordinal);
        Assert.Contains($"href=\"/dashboard/{path}?page=2\">Next</a>", first, StringComparison.Ordinal);
        Assert.DoesNotContain($"/dashboard/tenants/tenant-{TenantChoice.PageSize:D3}/{path}", first, StringComparison.Ordinal);
        Assert.Contains($"/dashboard/tenants/tenant-{TenantChoice.PageSize:D3}/{path}", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_month_of_a_hundred_locations_of_which_all_differ_stays_under_100_kB()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        var name = string.Concat(Enumerable.Repeat("<b>\u05D0", 2_500));
        for (var number = 0; number < 100; number++)
        {
            await host.AddLocationAsync(connection, $"L{number}", name);
        }

        foreach (var day in Enumerable.Range(0, 31))
        {
            foreach (var place in Enumerable.Range(0, DaysPage.PageSize))
            {
                await CloseAsync(host, connection, $"L{place}", new DateOnly(2026, 3, 1).AddDays(day), Sums(1000), told: 1240, givenUp: true, asClosed: Sums(10));
            }
        }

        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        var page = await browser.ReadAsync(March);

        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(page), 1, 100_000);
        Assert.Contains("Page 1 of 7", page, StringComparison.Ordinal);
        Assert.Contains("The first 20 of 465.", page, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(await browser.ReadAsync("/dashboard/tenants/hill/days/2026-03-14")), 1, 100_000);
    }

    [Fact]
    public async Task A_closed_day_that_has_changed_agrees_with_nothing_until_it_is_compared_again_and_one_that_is_not_closed_has_not_changed_since()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        await host.AddLocationAsync(connection, Sales.Location, "Joe's Pizza");
        await host.CommitAsync(connection, Sales.Make("s1") with { Payments = [Sales.Payment("p1", 1000, 0)] }, Sales.Make("s2", day: Sales.Day.AddDays(1)) with { Payments = [Sales.Payment("p2", 1000, 0, Sales.Day.AddDays(1))] });
        await CloseAsync(host, connection, Sales.Location, Sales.Day, Sums(1500), told: 1500, asClosed: Sums(1400), isCompared: false);
        await CloseAsync(host, connection, Sales.Location, Sales.Day.AddDays(1), Sums(1500), told: 1500);
        await CloseAsync(host, connection, Sales.Location, Sales.Day.AddDays(2), Sums(1000), told: 1240, asClosed: Sums(1500), isCompared: false);
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        var month = await browser.ReadAsync(March);
        var day = await browser.ReadAsync("/dashboard/tenants/hill/days/2026-03-14");
        var unseen = await browser.ReadAsync("/dashboard/tenants/hill/days/2026-03-15");

        Assert.Contains("3 days are closed, over all locations: none differs from what the service tells, 2 are about to be compared again, and 2 have changed since.", month, StringComparison.Ordinal);
        Assert.Equal(2, month.Split("aria-label=\"About to be compared again; changed since it was closed\">&#x2026;&#x21BB;</span>").Length - 1);
        Assert.DoesNotContain("the service tells 12.40 USD", month, StringComparison.Ordinal);
        Assert.Contains("<p class=\"state plain\">About to be compared again; changed since it was closed</p>", day, StringComparison.Ordinal);
        Assert.Contains("<tr class=\"bad\"><th scope=\"row\">Payments</th><td>14.00 USD</td><td>10.00 USD</td>\n<td>15.00 USD</td><td>-5.00 USD</td>", day, StringComparison.Ordinal);
        Assert.Contains("<p class=\"state plain\">About to be compared again; changed since it was closed</p>", unseen, StringComparison.Ordinal);
        Assert.Equal(("\u2026", "Not closed yet"), (DayMark.Of(null, null, isRestated: true).Sign, DayMark.Of(null, null, isRestated: true).Words));
    }

    /// <summary>A day of a figure, payments, whose books were closed.</summary>
    private static async Task CloseAsync(RunningWorker host, Connection connection, string location, DateOnly day, DaySums sums, long told, bool givenUp = false, DaySums? asClosed = null, bool isCompared = true)
    {
        var closings = host.Worker.Get<IClosings>();
        var key = new ClosingKey(connection.Id, location, day);
        await closings.OpenAsync(connection.Tenant, [(key, s_closed)], Token);
        DateTimeOffset? restatedAt = asClosed is null ? null : s_closed.AddDays(1);
        var state = new ClosingState
        {
            ClosedAt = s_closed,
            AsClosed = asClosed ?? sums,
            Sums = sums,
            RestatedAt = restatedAt,
            TieOut = new TieOut("payments and refunds listed", true, [new TieOutFigure("payments", sums.Payments.Minor, told, "USD", "USD")]) { At = isCompared && restatedAt is { } changed ? changed : s_closed },
            Attempts = givenUp ? 3 : 0,
            GivenUp = givenUp,
        };
        await closings.KeepAsync(new Closing(key, ClosingStep.None, null, 0, 0, state), [], Token);
    }

    private static DaySums Sums(long payments)
        => DaySums.Of(DayFigures.Empty(new ConnectionId("con_1"), Sales.Location, Sales.Day, "USD") with { Payments = new Money(payments, "USD") });
}
