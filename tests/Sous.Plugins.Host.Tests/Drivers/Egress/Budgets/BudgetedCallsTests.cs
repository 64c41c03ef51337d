using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Backup;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Drivers.Egress.Budgets;

/// <summary>Calls of several connections to a real service. A wait that nobody ends fails its test by a timeout: the clock is fake.</summary>
public sealed class BudgetedCallsTests : IDisposable
{
    private readonly TimerClock _clock = new();
    private readonly OrdinaryHost _host = new();
    private readonly List<IDisposable> _made = [];

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Seventeenth_invariant_no_call_of_the_registration_comes_before_the_second_that_one_of_its_connections_was_told(bool asDate)
    {
        await using var service = await LoopbackService.StartAsync((context, count) =>
        {
            context.Response.StatusCode = count == 1 ? 429 : 200;
            context.Response.Headers.RetryAfter = count > 1 ? default : asDate ? _clock.GetUtcNow().AddSeconds(50).ToString("R") : "50";
            return Task.CompletedTask;
        });
        var (budgets, http) = Create(service, []);
        var driver = Driver(new RateLimit { Of = RateLimitScope.Registration, Requests = 1000, Seconds = 1 });
        var (first, second) = (Client(http, driver, "con_1"), Client(http, driver, "con_2"));

        var told = first.GetAsync(new Uri(service.Address, "/told"), TestContext.Current.CancellationToken);
        await _clock.NextWaitAsync();
        var other = second.GetAsync(new Uri(service.Address, "/other"), TestContext.Current.CancellationToken);
        while (budgets.Find(driver.Id)!.View().Waiting < 2)
        {
            await Task.Yield();
        }

        // Longer than an attempt may last: the wait for a turn is none.
        _clock.Advance(TimeSpan.FromSeconds(49.999));
        var early = service.Asked.Count;
        _clock.Advance(TimeSpan.FromMilliseconds(2));
        _clock.Advance(TimeSpan.FromSeconds(1));
        using var answer = await told;
        using var others = await other;

        Assert.Equal(1, early);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (answer.StatusCode, others.StatusCode));
        Assert.Equal(3, service.Asked.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task While_a_long_wait_lasts_the_service_is_not_asked_and_the_caller_learns_until_when()
    {
        await using var service = await LoopbackService.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        });
        var (_, http) = Create(service, []);
        var client = Client(http, Driver(), "con_1");

        using var first = await client.GetAsync(service.Address, TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<DriverException>(() => client.GetAsync(service.Address, TestContext.Current.CancellationToken));
        var others = await Client(http, Driver(), "con_2").GetAsync(service.Address, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests), (first.StatusCode, others.StatusCode));
        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromHours(1)), (refusal.Kind, refusal.RetryAfter));
        Assert.Equal(2, service.Asked.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_services_own_headers_stop_calls_before_it_refuses_one()
    {
        _clock.SetUtcNow(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var service = await LoopbackService.StartAsync((context, count) =>
        {
            context.Response.Headers["X-Toast-RateLimit-Remaining"] = count == 1 ? "0" : "20";
            context.Response.Headers["X-Toast-RateLimit-Reset"] = _clock.GetUtcNow().AddSeconds(10).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        var (_, http) = Create(service, []);
        var client = Client(http, Driver(), "con_1");

        using var first = await client.GetAsync(service.Address, TestContext.Current.CancellationToken);
        var next = client.GetAsync(service.Address, TestContext.Current.CancellationToken);
        var wait = await _clock.NextWaitAsync();
        var early = service.Asked.Count;
        _clock.Advance(wait);
        using var second = await next;

        Assert.Equal((TimeSpan.FromSeconds(10), 1), (wait, early));
        Assert.Equal(2, service.Asked.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task Limits_of_the_operator_stand_in_for_the_manifests()
    {
        await using var service = await LoopbackService.StartAsync((_, _) => Task.CompletedTask);
        var (budgets, http) = Create(service, new() { ["Clients:fix_ture:RateLimits:Connection"] = "1/5, 100/3600, 7/1 /orders/bulk", ["Clients:fix_ture:RateLimits:Registration"] = "none" });
        var driver = Driver(new RateLimit { Of = RateLimitScope.Connection, Requests = 20, Seconds = 1 }, new RateLimit { Of = RateLimitScope.Registration, Requests = 7, Seconds = 1 });
        var client = Client(http, driver, "con_1");

        using var first = await client.GetAsync(service.Address, TestContext.Current.CancellationToken);
        var next = client.GetAsync(service.Address, TestContext.Current.CancellationToken);
        _clock.Advance(await _clock.NextWaitAsync());
        using var second = await next;

        Assert.Equal(
            [new BudgetLimitView(RateLimitScope.Connection, 1, 5, null), new BudgetLimitView(RateLimitScope.Connection, 100, 3600, null), new BudgetLimitView(RateLimitScope.Connection, 7, 1, null, "/orders/bulk")],
            budgets.Find(driver.Id)!.View().Limits);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(RateLimitScope.Connection)]
    [InlineData(RateLimitScope.Registration)]
    public async Task Seventeenth_invariant_a_host_that_starts_anew_calls_no_earlier_than_the_one_before_was_told(RateLimitScope limited)
    {
        await using var service = await LoopbackService.StartAsync((context, count) =>
        {
            context.Response.StatusCode = count == 1 ? 429 : 200;
            context.Response.Headers.RetryAfter = count > 1 ? default : "3600";
            return Task.CompletedTask;
        });
        var driver = Driver(new RateLimit { Of = limited, Requests = 1000, Seconds = 1 });
        var (before, former) = Create(service, []);
        await Closings(before).StartAsync(TestContext.Current.CancellationToken);
        using var told = await Client(former, driver, "con_1").GetAsync(service.Address, TestContext.Current.CancellationToken);

        // Nothing was stopped or closed: the former host was killed.
        _clock.Advance(TimeSpan.FromSeconds(1));
        var (after, http) = Create(service, []);
        await Closings(after).StartAsync(TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<DriverException>(() => Client(http, driver, "con_1").GetAsync(service.Address, TestContext.Current.CancellationToken));
        var other = await Record.ExceptionAsync(() => Client(http, driver, "con_2").GetAsync(service.Address, TestContext.Current.CancellationToken));

        Assert.Equal(FailureKind.RateLimited, refusal.Kind);
        Assert.InRange(refusal.RetryAfter!.Value, TimeSpan.FromSeconds(3599), TimeSpan.FromSeconds(3600));
        Assert.Equal(limited == RateLimitScope.Registration, other is DriverException { Kind: FailureKind.RateLimited });
        _clock.Advance(TimeSpan.FromHours(1));
        using var late = await Client(http, driver, "con_1").GetAsync(service.Address, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
        var (last, _) = Create(service, []);
        await Closings(last).StartAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await _host.Registry.ListAsync(BudgetClosing.Collection, "", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task Seventeenth_invariant_an_endpoint_that_was_closed_is_so_after_a_restart_and_the_rest_of_the_service_is_not()
    {
        await using var service = await LoopbackService.StartAsync((context, count) =>
        {
            context.Response.StatusCode = count == 1 ? 429 : 200;
            context.Response.Headers["X-Toast-RateLimit-By"] = count == 1 ? "ENDPOINT" : default;
            context.Response.Headers.RetryAfter = count == 1 ? "3600" : default;
            return Task.CompletedTask;
        });
        // Behind a gateway the service's paths lie deeper.
        Dictionary<string, string?> settings = new() { ["Clients:fix_ture:ApiUrl"] = $"{service.Address}gateway" };
        var bulk = new Uri(service.Address, "/gateway/orders/bulk?page=1");
        var driver = Driver(new RateLimit { Of = RateLimitScope.Connection, Requests = 1000, Seconds = 1, Path = "/orders/bulk" });
        var (before, former) = Create(null, settings);
        await Closings(before).StartAsync(TestContext.Current.CancellationToken);
        using var told = await Client(former, driver, "con_1").GetAsync(bulk, TestContext.Current.CancellationToken);

        var (after, http) = Create(null, settings);
        await Closings(after).StartAsync(TestContext.Current.CancellationToken);
        var client = Client(http, driver, "con_1");
        var refusal = await Assert.ThrowsAsync<DriverException>(() => client.GetAsync(bulk, TestContext.Current.CancellationToken));
        using var rest = await client.GetAsync(new Uri(service.Address, "/gateway/orders"), TestContext.Current.CancellationToken);
        using var outside = await client.GetAsync(new Uri(service.Address, "/orders/bulk"), TestContext.Current.CancellationToken);

        Assert.Equal(FailureKind.RateLimited, refusal.Kind);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (rest.StatusCode, outside.StatusCode));
        _clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        using var late = await client.GetAsync(bulk, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
        var (last, _) = Create(null, settings);
        await Closings(last).StartAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await _host.Registry.ListAsync(BudgetClosing.Collection, "", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_limit_that_only_the_driver_can_tell_closes_the_connections_budget_and_the_budgets_own_refusal_does_not()
    {
        await using var service = await LoopbackService.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        var (budgets, http) = Create(service, []);
        var (driver, connection) = (Driver(), new ConnectionId("con_1"));
        using var forbidden = await Client(http, driver, "con_1").GetAsync(service.Address, TestContext.Current.CancellationToken);
        Assert.Null(budgets.Find(driver.Id)!.FindWait(connection));

        await budgets.HeedAsync(driver.Id, connection, new DriverException(FailureKind.Transient, "The service is unwell.", TimeSpan.FromHours(2)));
        Assert.Null(budgets.Find(driver.Id)!.FindWait(connection));
        await budgets.HeedAsync(driver.Id, connection, new DriverException(FailureKind.RateLimited, "The day's quota is used up.", TimeSpan.FromHours(1)));
        var refusal = await Assert.ThrowsAsync<DriverException>(() => Client(http, driver, "con_1").GetAsync(service.Address, TestContext.Current.CancellationToken));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await budgets.HeedAsync(driver.Id, connection, refusal);

        Assert.Equal(_clock.GetUtcNow().AddMinutes(59), budgets.Find(driver.Id)!.FindWait(connection)!.Value.Until);
        Assert.Equal((null, 1), (budgets.Find(driver.Id)!.View().ClosedUntil, budgets.Find(driver.Id)!.View().ClosedConnections));
        Assert.Single(service.Asked);
    }

    [Theory]
    [InlineData("20"), InlineData("20/0"), InlineData("0/1"), InlineData("20/1;10/2"), InlineData("-1/1"), InlineData("twenty/1"), InlineData("1/86401")]
    [InlineData("5/1 orders"), InlineData("5/1 /orders/"), InlineData("5/1 /orders?page=1"), InlineData("/orders 5/1"), InlineData("5/1 /orders 6/1")]
    public void A_limit_that_the_operator_mistyped_names_its_setting(string limit)
    {
        var (_, http) = Create(null, new() { ["Clients:fix_ture:RateLimits:Registration"] = limit });

        var refusal = Assert.Throws<DriverException>(() => http.CreateHandler(Driver(), new CallLane(new ConnectionId("con_1"), CallPriority.Live), null));

        Assert.Equal(FailureKind.Misconfigured, refusal.Kind);
        Assert.StartsWith("SOUS_Clients__fix_ture__RateLimits__Registration", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _made.ForEach(static made => made.Dispose());
        _host.Dispose();
    }

    private static LoadedDriver Driver(params IReadOnlyList<RateLimit> limits) => FixtureDriver.Of(FixtureDriver.Manifest with { RateLimits = limits });

    private (CallBudgets Budgets, DriverHttp Http) Create(LoopbackService? service, Dictionary<string, string?> settings)
    {
        settings.TryAdd("Clients:fix_ture:ApiUrl", service?.Address.ToString() ?? "http://127.0.0.1:1");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var budgets = new CallBudgets(configuration, _clock);
        var http = new DriverHttp(configuration, _host.Adoption, budgets, new EgressMetrics(Meters.New(), budgets), _clock, NullLogger<DriverHttp>.Instance);
        _made.AddRange([http, budgets]);
        return (budgets, http);
    }

    private BudgetClosings Closings(CallBudgets budgets) => new(budgets, _host.Registry, _clock, NullLogger<BudgetClosings>.Instance);

    private HttpClient Client(DriverHttp http, LoadedDriver driver, string connection)
    {
        var client = new HttpClient(http.CreateHandler(driver, new CallLane(new ConnectionId(connection), CallPriority.Incremental), null));
        _made.Insert(0, client);
        return client;
    }
}
