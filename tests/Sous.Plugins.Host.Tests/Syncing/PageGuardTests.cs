using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>Invariant 13: silence is suspicious; and what the contract says of a page is held to.</summary>
public sealed class PageGuardTests
{
    private readonly PageGuard _guard = new(new StreamManifest { Name = "sales", Scope = StreamScope.Location, Schedule = "0 * * * *", PageLimit = 2 });

    [Fact]
    public void Pages_that_move_on_pass_and_so_does_an_empty_last_one_that_stays()
    {
        _guard.Check(Page("a", "1", "2"));
        _guard.Check(Page("b"));
        _guard.Check(Page("c", "3"));
        _guard.Check(Page("c"));
    }

    [Fact]
    public void A_position_that_does_not_move_while_records_come_is_suspect()
    {
        _guard.Check(Page("a", "1"));
        Assert.Equal(SyncOutcome.Suspect, Refused(Page("a", "2")));
    }

    [Fact]
    public void A_position_that_does_not_move_and_does_not_end_is_suspect()
    {
        _guard.Check(Page("a", "1"));
        _guard.Check(Page("a"));
        Assert.Equal(SyncOutcome.Suspect, Refused(Page("a")));
    }

    [Fact]
    public void A_position_that_comes_back_is_suspect()
    {
        _guard.Check(Page("a", "1"));
        _guard.Check(Page("b", "2"));
        Assert.Equal(SyncOutcome.Suspect, Refused(Page("a", "3")));
    }

    [Fact]
    public void A_listing_that_goes_round_is_suspect_though_its_positions_differ()
    {
        var rounds = 0;
        var refused = Assert.Throws<PageRefusedException>(() =>
        {
            for (; rounds < 100; rounds++)
            {
                _guard.Check(Page($"{rounds}.1", "1", "2") with { Listing = Listing.Part });
                _guard.Check(Page($"{rounds}.2", "3", "4") with { Listing = Listing.Part });
            }
        });

        Assert.Equal((SyncOutcome.Suspect, 5), (refused.Outcome, rounds));
    }

    [Fact]
    public void Changes_of_one_record_may_come_as_often_as_it_changes()
    {
        for (var version = 0; version < 100; version++)
        {
            _guard.Check(Page($"{version}", "1"));
        }
    }

    [Fact]
    public void Twice_the_page_limit_passes_and_one_more_does_not()
    {
        _guard.Check(Page("a", "1", "2", "3", "4"));
        Assert.Equal(SyncOutcome.NeedsAttention, Refused(Page("b", "1", "2", "3", "4", "5")));
    }

    [Fact]
    public void A_thousand_records_is_the_most_whatever_the_limit()
    {
        var guard = new PageGuard(new StreamManifest { Name = "sales", Scope = StreamScope.Location, Schedule = "0 * * * *", PageLimit = 900 });
        guard.Check(Page("a", [.. Enumerable.Range(0, 1000).Select(static id => $"{id}")]));
        Assert.Throws<PageRefusedException>(() => guard.Check(Page("b", [.. Enumerable.Range(0, 1001).Select(static id => $"{id}")])));
    }

    [Fact]
    public void An_id_twice_in_a_page_is_the_drivers_fault()
        => Assert.Equal(SyncOutcome.NeedsAttention, Refused(Page("a", "1", "1")));

    [Fact]
    public void A_checkpoint_of_4096_characters_passes_and_a_longer_one_does_not()
    {
        _guard.Check(Page(new string('x', 4096), "1"));
        Assert.Equal(SyncOutcome.NeedsAttention, Refused(Page(new string('x', 4097), "1")));
    }

    [Fact]
    public void An_upsert_without_a_record_is_the_drivers_fault()
        => Assert.Equal(SyncOutcome.NeedsAttention, Refused(new SyncPage<string>([new Change<string>(ChangeKind.Upsert, "1", null)], new Checkpoint("a"))));

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    public void An_id_is_1_to_200_characters(int length)
        => Assert.Equal(SyncOutcome.NeedsAttention, Refused(Page("a", new string('x', length))));

    private SyncOutcome Refused(SyncPage<string> page) => Assert.Throws<PageRefusedException>(() => _guard.Check(page)).Outcome;

    private static SyncPage<string> Page(string next, params string[] ids)
        => new([.. ids.Select(static id => Change.Upsert(id, "record"))], new Checkpoint(next));
}
