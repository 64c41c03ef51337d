using System.Net.Http.Headers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Square;

public sealed class SquareFailureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Chaos, FailureKind> Trouble => new()
    {
        { new Chaos { ServerErrorEvery = 2, ServerErrorStatus = 408 }, FailureKind.Transient },
        { new Chaos { RepeatCursor = true, PathPrefix = "/v2/orders" }, FailureKind.Transient },
        { new Chaos { CursorStandsStill = true }, FailureKind.Transient },
        { new Chaos { DropCursor = true }, FailureKind.Transient },
        { new Chaos { IgnoreSortOrder = true }, FailureKind.Transient },
    };

    [Theory]
    [MemberData(nameof(Trouble))]
    public async Task Trouble_is_told_by_its_kind_and_no_checkpoint_passes_it(Chaos chaos, FailureKind kind)
    {
        await using var kit = await SquareKit.StartAsync(600);
        var location = await kit.LocationAsync();
        var whole = await kit.SalesAsync(location, null, 25);
        kit.Square.Chaos = chaos;
        var pages = new List<SyncPage<Sale>>();

        var failure = await Assert.ThrowsAsync<DriverException>(async () =>
        {
            await foreach (var page in kit.Driver.FetchSalesAsync(kit.Request(location, null, 25), Token))
            {
                pages.Add(page);
            }
        });

        Assert.Equal(kind, failure.Kind);
        kit.Square.Chaos = Chaos.None;
        pages.AddRange(await kit.SalesAsync(location, pages.Count == 0 ? null : pages.End(), 25));
        Assert.Equal(whole.Texts(), pages.Texts());
    }

    [Theory]
    [InlineData("/v2/orders/search")]
    [InlineData("/v2/catalog/")]
    public async Task A_listing_that_ends_early_is_not_proven_whole_by_an_empty_answer(string listing)
    {
        await using var kit = await SquareKit.StartAsync(600, new SquareSimulatorOptions { CatalogPage = 9 });
        var location = await kit.LocationAsync();
        var asked = 0;
        kit.Square.Asked = request =>
        {
            // The catalogue's first call is for the time to go on from.
            request.Meets = !request.Path.StartsWith(listing, StringComparison.Ordinal) ? null : (asked++ - (listing == "/v2/catalog/" ? 1 : 0)) switch
            {
                1 => new Chaos { DropCursor = true },
                2 => new Chaos { EmptyPage = true },
                _ => null,
            };
            return Task.CompletedTask;
        };
        var pages = new List<Listing>();

        var failure = await Assert.ThrowsAsync<DriverException>(async () =>
        {
            await (listing == "/v2/catalog/" ? ReadAsync(kit.Driver.FetchCatalogAsync(new CatalogRequest { PageSize = 25 }, Token)) : ReadAsync(kit.Driver.FetchSalesAsync(kit.Request(location, null, 25), Token)));
        });

        Assert.True(failure.IsSuspect);
        Assert.DoesNotContain(Listing.End, pages);

        async Task ReadAsync<T>(IAsyncEnumerable<SyncPage<T>> feed)
            where T : class
        {
            await foreach (var page in feed)
            {
                pages.Add(page.Listing);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_last_page_that_is_full_of_one_instant_is_the_end_wherever_its_listing_is_taken_up(int handedOver)
    {
        await using var kit = await SquareKit.StartAsync(0);
        // Four pages, the last two and a half of one instant.
        for (var i = 0; i < 20; i++)
        {
            kit.Clock.Advance(i < 8 ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
            kit.Square.Changes.AddOrder(SquareKit.NewYork);
        }

        kit.Clock.Advance(TimeSpan.FromSeconds(1));
        var location = await kit.LocationAsync();
        var first = await kit.Driver.FetchSalesAsync(kit.Request(location, null, 5), Token).Take(handedOver).ToListAsync(Token);

        var rest = await kit.SalesAsync(location, first.End(), 5);

        Assert.Equal(20, first.Ids().Concat(rest.Ids()).Distinct().Count());
        Assert.NotNull(rest[^1].CompleteUntil);
    }

    [Fact]
    public async Task A_dead_token_is_unauthorized_and_a_missing_scope_is_named()
    {
        await using var kit = await SquareKit.StartAsync(50);
        var location = await kit.LocationAsync();
        kit.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", kit.Square.IssueAccessToken("ORDERS_READ"));
        var narrow = await Assert.ThrowsAsync<DriverException>(() => kit.SalesAsync(location));
        kit.Square.ExpireAccessTokens();
        var expired = await Assert.ThrowsAsync<DriverException>(() => kit.SalesAsync(location));
        kit.Square.RevokeGrant();
        var revoked = await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver.ProbeAsync(Token));

        Assert.Equal((FailureKind.Misconfigured, FailureKind.Unauthorized, FailureKind.Unauthorized), (narrow.Kind, expired.Kind, revoked.Kind));
        Assert.Contains("PAYMENTS_READ", narrow.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_tells_whose_account_it_is_and_what_was_granted()
    {
        await using var kit = await SquareKit.StartAsync(0);

        var probe = await kit.Driver.ProbeAsync(Token);

        Assert.Equal(("MLHILLHARBOR1", "Hill & Harbor"), (probe.AccountId, probe.AccountName));
        Assert.Contains("ORDERS_READ", probe.GrantedScopes!);
    }

    [Theory]
    [InlineData(403, """{"errors":[{"category":"AUTHENTICATION_ERROR","code":"FORBIDDEN"}]}""", FailureKind.Misconfigured)]
    [InlineData(400, """{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"BAD_REQUEST","field":"limit"}]}""", FailureKind.Defect)]
    [InlineData(429, "slow down", FailureKind.RateLimited)]
    [InlineData(302, "", FailureKind.Transient)]
    [InlineData(200, "[]", FailureKind.Defect)]
    [InlineData(200, """{"locations":[{"id":7}]}""", FailureKind.Defect)]
    public async Task Each_answer_has_its_failure(int status, string body, FailureKind kind)
    {
        var square = new ScriptedSquare().On("GET /v2/locations", body, status);

        var failure = await Assert.ThrowsAsync<DriverException>(async () => await square.Driver.DiscoverLocationsAsync(Token));

        Assert.Equal(kind, failure.Kind);
    }

    [Fact]
    public async Task A_cursor_that_is_no_longer_good_begins_the_rest_of_the_window_anew()
    {
        await using var kit = await SquareKit.StartAsync(600);
        var location = await kit.LocationAsync();
        var whole = await kit.SalesAsync(location, null, 25);
        var stale = new Checkpoint(whole[2].Next.Value.Replace("\"cursor\":\"", "\"cursor\":\"gone", StringComparison.Ordinal));
        Assert.NotEqual(whole[2].Next, stale);

        var rest = await kit.SalesAsync(location, stale, 25);

        Assert.Equal(whole.Texts(), whole.Take(3).Concat(rest).Texts());
        Assert.InRange(rest.Ids().Count, whole.Skip(3).Ids().Count, whole.Skip(3).Ids().Count + 1);
        Assert.Equal(rest.Count, rest.Select(page => page.Next).Distinct().Count());
    }

    [Fact]
    public async Task A_zone_that_is_not_known_is_named()
    {
        var failure = await Assert.ThrowsAsync<DriverException>(() => new ScriptedSquare().SalesAsync(null, ScriptedSquare.Location with { TimeZone = "Mars/Olympus" }));

        Assert.Equal(FailureKind.Misconfigured, failure.Kind);
        Assert.Contains("Mars/Olympus", failure.Message, StringComparison.Ordinal);
    }
}
