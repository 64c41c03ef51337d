using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>Invariant 13 through the whole host, with Toast: all is found, or the run says that it may not be.</summary>
public sealed class ToastGuardTests : IAsyncLifetime
{
    private static readonly TimeSpan s_between = TimeSpan.FromMinutes(2);

    private ToastSimulator _toast = null!;
    private GuardedHost _host = null!;
    private FakeTimeProvider _clock = null!;
    private string _restaurant = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IEnumerable<string> Orders => _toast.Truth.Restaurants.Single(restaurant => restaurant.Id == _restaurant).OrderIds;

    public async ValueTask InitializeAsync()
    {
        _clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(-14));
        _toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0, RateLimits = false, TokenLife = TimeSpan.FromDays(60) }, _clock, Token);
        _host = await GuardedHost.StartAsync(("toast", _toast.Address, _toast.Options.ClientId, _toast.ClientSecret));
        _restaurant = _toast.Truth.Restaurants[0].Id;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _toast.DisposeAsync();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(501)]
    [InlineData(1_000)]
    [InlineData(10_001)]
    public async Task Every_order_of_a_restaurant_is_found_whether_or_not_the_last_page_is_full(int orders)
    {
        Sell(orders, s_between);
        var connection = await ConnectAsync();

        await _host.AssertAllFoundAsync(connection, "sales", Orders);

        Assert.Equal(orders, Orders.Count());
        Assert.All(await _host.OutcomesAsync(connection, "sales"), static outcome => Assert.Equal("completed", outcome));
    }

    [Theory]
    [InlineData(nameof(Chaos.RepeatCursor))]
    [InlineData(nameof(Chaos.CursorStandsStill))]
    [InlineData(nameof(Chaos.DropCursor))]
    [InlineData(nameof(Chaos.IgnoreSortOrder))]
    public async Task Listings_that_are_not_whole_are_gone_around_and_all_is_found(string trouble)
    {
        Sell(501, s_between);
        _toast.Chaos = Troubles.Of(trouble);

        var connection = await ConnectAsync();

        await _host.AssertAllFoundAsync(connection, "sales", Orders);
    }

    [Theory]
    [InlineData(nameof(Chaos.RepeatCursor))]
    [InlineData(nameof(Chaos.CursorStandsStill))]
    public async Task Where_an_instant_has_more_orders_than_a_page_a_repeated_page_is_suspect_and_the_next_run_brings_the_rest(string trouble)
    {
        Sell(120, s_between);
        Sell(350, TimeSpan.Zero);
        Sell(120, s_between);
        _toast.Chaos = Troubles.Of(trouble);
        var connection = await ConnectAsync();
        await _host.AssertSuspectAsync(connection, "sales", "orders came on two pages", Orders);
        await _host.AssertSuspectAsync(connection, "sales", "orders came on two pages", Orders);

        _toast.Chaos = Chaos.None;

        await _host.AssertAllFoundAsync(connection, "sales", Orders);
    }

    [Fact]
    public async Task A_page_that_is_cut_off_is_fetched_again_later()
    {
        Sell(501, s_between);
        _toast.Chaos = new Chaos { TruncateEvery = 3, PathPrefix = "/orders/v2/ordersBulk" };
        var connection = await ConnectAsync();

        var run = await _host.RunAsync(connection, "sales");

        Assert.Equal("retry_later", GuardedHost.OutcomeOf(run));
        Assert.Contains("The connection to Toast broke during orders/v2/ordersBulk", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("completed", await _host.OutcomesAsync(connection, "sales"));
        _toast.Chaos = Chaos.None;
        await _host.AssertAllFoundAsync(connection, "sales", Orders);
    }

    private void Sell(int orders, TimeSpan between)
    {
        for (var i = 0; i < orders; i++)
        {
            _clock.Advance(between);
            _toast.Changes.AddOrder(_restaurant);
        }
    }

    private async Task<string> ConnectAsync()
    {
        var connection = await _host.BindAsync("toast", new { restaurants = new[] { _restaurant } });
        await _host.MapAsync(connection, _restaurant);
        return connection;
    }
}
