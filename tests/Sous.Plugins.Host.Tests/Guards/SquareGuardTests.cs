using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>Invariant 13 through the whole host, with Square: all is found, or the run says that it may not be.</summary>
public sealed class SquareGuardTests : IAsyncLifetime
{
    private const string NewYork = "LHILLNEWYORK1";
    private static readonly TimeSpan s_between = TimeSpan.FromMinutes(2);

    private SquareSimulator _square = null!;
    private GuardedHost _host = null!;
    private FakeTimeProvider _clock = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IEnumerable<string> Orders => _square.Truth.Locations.Single(location => location.Id == NewYork).OrderIds;

    public async ValueTask InitializeAsync()
    {
        _clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(-14));
        _square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 0, CatalogPage = 30 }, _clock, Token);
        _host = await GuardedHost.StartAsync(("square", _square.Address, _square.Options.ClientId, _square.ClientSecret));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _square.DisposeAsync();
    }

    [Theory]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(1_000)]
    [InlineData(10_001)]
    public async Task Every_order_of_a_location_is_found_whether_or_not_the_last_page_is_full(int orders)
    {
        Sell(orders);
        var connection = await ConnectAsync();

        await _host.AssertAllFoundAsync(connection, "sales", Orders);

        Assert.Equal(orders, Orders.Count());
        Assert.All(await _host.OutcomesAsync(connection, "sales"), static outcome => Assert.Equal("completed", outcome));
    }

    [Theory]
    [InlineData(nameof(Chaos.RepeatCursor), "came with a cursor that had been there before")]
    [InlineData(nameof(Chaos.CursorStandsStill), "came with a cursor that had been there before")]
    [InlineData(nameof(Chaos.DropCursor), "orders ended without a cursor although more follow")]
    [InlineData(nameof(Chaos.IgnoreSortOrder), "orders are not sorted as asked")]
    public async Task A_listing_that_is_not_whole_is_suspect_and_the_next_run_brings_the_rest(string trouble, string reason)
    {
        Sell(1_600);
        _square.Chaos = Troubles.Of(trouble);
        var connection = await ConnectAsync();
        await _host.AssertSuspectAsync(connection, "sales", reason, Orders);
        // Twice: the second begins where the first was held back.
        await _host.AssertSuspectAsync(connection, "sales", reason, Orders);

        _square.Chaos = Chaos.None;

        await _host.AssertAllFoundAsync(connection, "sales", Orders);
    }

    [Fact]
    public async Task A_search_that_is_answered_with_502_is_asked_again_within_its_run_though_it_is_a_POST()
    {
        Sell(20);
        var failing = 0;
        _square.Asked = request =>
        {
            request.Meets = request.Path == "/v2/orders/search" && Interlocked.Increment(ref failing) == 1 ? new Chaos { ServerErrorEvery = 1, ServerErrorStatus = 502 } : null;
            return Task.CompletedTask;
        };
        var connection = await ConnectAsync();

        await _host.AssertAllFoundAsync(connection, "sales", Orders);

        Assert.True(failing > 1);
        Assert.All(await _host.OutcomesAsync(connection, "sales"), static outcome => Assert.Equal("completed", outcome));
    }

    [Fact]
    public async Task A_page_that_is_cut_off_is_fetched_again_later()
    {
        Sell(1_200);
        _square.Chaos = new Chaos { TruncateEvery = 1, PathPrefix = "/v2/orders/search" };
        var connection = await ConnectAsync();

        var run = await _host.RunAsync(connection, "sales");

        Assert.Equal("retry_later", GuardedHost.OutcomeOf(run));
        Assert.Contains("The connection to Square broke during v2/orders/search", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("completed", await _host.OutcomesAsync(connection, "sales"));
        _square.Chaos = Chaos.None;
        await _host.AssertAllFoundAsync(connection, "sales", Orders);
    }

    [Theory]
    [InlineData(nameof(Chaos.RepeatCursor), "came with a cursor that had been there before")]
    [InlineData(nameof(Chaos.CursorStandsStill), "came with a cursor that had been there before")]
    [InlineData(nameof(Chaos.DropCursor), "ended without a cursor although more follows")]
    public async Task A_catalogue_that_is_not_whole_is_suspect_and_the_next_run_brings_the_rest(string trouble, string reason)
    {
        _square.Chaos = Troubles.Of(trouble);
        var connection = await _host.ConnectAsync("square");
        await _host.AssertSuspectAsync(connection, "catalog", reason, _square.Truth.CatalogIds);
        await _host.AssertSuspectAsync(connection, "catalog", reason, _square.Truth.CatalogIds);

        _square.Chaos = Chaos.None;

        Assert.Equal("completed", GuardedHost.OutcomeOf(await _host.RunAsync(connection, "catalog")));
        Assert.Subset((await _host.IdsAsync(connection, "catalog")).ToHashSet(), _square.Changes.ItemIds.ToHashSet());
    }

    [Fact]
    public async Task A_catalogue_whose_cursor_is_missing_on_a_later_page_is_not_taken_for_whole_by_the_run_after()
    {
        var pages = 0;
        _square.Asked = request =>
        {
            _square.Chaos = request.Path == "/v2/catalog/list" && ++pages > 1 ? Troubles.Of(nameof(Chaos.DropCursor)) : Chaos.None;
            return Task.CompletedTask;
        };
        var connection = await _host.ConnectAsync("square");
        await AuthorizationApp.EventuallyAsync(async () => (await _host.OutcomesAsync(connection, "catalog")).Count > 0);
        // The second goes on where the first was held back, with a cursor and without knowing what that one listed.
        await _host.AssertSuspectAsync(connection, "catalog", "ended without a cursor although more follows", _square.Truth.CatalogIds);

        _square.Asked = null;
        _square.Chaos = Chaos.None;

        Assert.Equal("completed", GuardedHost.OutcomeOf(await _host.RunAsync(connection, "catalog")));
        Assert.Subset((await _host.IdsAsync(connection, "catalog")).ToHashSet(), _square.Changes.ItemIds.ToHashSet());
    }

    private void Sell(int orders)
    {
        for (var i = 0; i < orders; i++)
        {
            _clock.Advance(s_between);
            _square.Changes.AddOrder(NewYork);
        }
    }

    private async Task<string> ConnectAsync()
    {
        var connection = await _host.ConnectAsync("square");
        await _host.MapAsync(connection, NewYork);
        return connection;
    }
}
