using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;

namespace Sous.Plugins.Host.Tests.Drivers.Defects;

/// <summary>Invariant 23: what is counted, and when a driver is stopped for it.</summary>
public sealed class DriverDefectsTests
{
    private static readonly DriverBuild s_build = new(new DriverId("wild"), "aa");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 14, 12, 0, 0, TimeSpan.Zero));
    private readonly DriverDefects _defects;
    private readonly List<Quarantine> _told = [];

    public DriverDefectsTests()
    {
        _defects = new DriverDefects(Options.Create(new DefectsOptions()), _clock, NullLogger<DriverDefects>.Instance);
        _defects.Quarantined += _told.Add;
    }

    [Fact]
    public void Three_exceptions_on_its_own_threads_within_an_hour_quarantine_it_once_with_their_stacks_and_without_their_words()
    {
        Unhandled(2);
        Assert.Null(_defects.Find(s_build));
        Unhandled(3);

        Assert.Equal(_defects.Find(s_build), Assert.Single(_told));
        Assert.Equal("It is quarantined since 2026-03-14 12:00 UTC: It failed 3 times within 60 minutes on threads of its own. The last: InvalidOperationException on a thread of its own, which nobody caught.", _told[0].Reason);
        Assert.Equal(3, _told[0].Defects.Count);
        Assert.All(_told[0].Defects, static defect =>
        {
            Assert.Contains(nameof(Unhandled), defect.Trace, StringComparison.Ordinal);
            Assert.DoesNotContain("SOUSCANARY", defect.Trace, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Exceptions_that_lie_further_apart_are_told_and_stop_nothing()
    {
        for (var i = 0; i < 6; i++)
        {
            Unhandled(1);
            _clock.Advance(TimeSpan.FromMinutes(31));
        }

        Assert.Empty(_told);
        Assert.Equal(6, _defects.ListOf(s_build).Count);
        var row = _defects.Mark(new DriverRow(s_build.Driver, "wild", DriverState.Loaded) { Generation = 1, Sha256 = s_build.Sha256 });
        Assert.Equal(DriverState.Loaded, row.State);
        Assert.StartsWith("It serves, and failed 1 times within 60 minutes on threads of its own, last at 2026-03-14 14:35 UTC: InvalidOperationException", row.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_one_connection_meets_stops_no_other_however_often()
    {
        for (var i = 0; i < 100; i++)
        {
            Failure("con_1");
        }

        Assert.Empty(_told);
        Assert.Equal(20, _defects.ListOf(s_build).Count);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(1000, false)]
    public void Several_connections_stop_it_where_no_more_are_well(int well, bool quarantined)
    {
        for (var i = 0; i < well; i++)
        {
            _defects.TakeSuccess(s_build, new ConnectionId($"well_{i}"));
        }

        // Well before: it has failed since, and counts as that alone.
        _defects.TakeSuccess(s_build, new ConnectionId("con_1"));
        for (var i = 0; i < 5; i++)
        {
            Failure($"con_{i % 2}");
        }

        Assert.Equal(quarantined, _defects.Find(s_build) is not null);
    }

    [Fact]
    public void Locations_that_fail_beside_others_that_are_well_stop_nothing_and_are_told()
    {
        for (var i = 0; i < 10; i++)
        {
            _defects.TakeFailure(s_build, new ConnectionId($"con_{i}"), "sales", "It failed.", null, isPartial: true);
        }

        Assert.Empty(_told);
        Assert.Equal(10, _defects.ListOf(s_build).Count);
    }

    [Fact]
    public void Other_bytes_start_clean_the_same_ones_stay_stopped_and_a_release_counts_from_nought()
    {
        Unhandled(3);
        var other = s_build with { Sha256 = "bb" };

        Assert.Null(_defects.Find(other));
        Assert.NotNull(_defects.Find(s_build));
        _defects.Release(s_build);
        Unhandled(2);
        Assert.Null(_defects.Find(s_build));
        Assert.Equal(2, _defects.ListOf(s_build).Count);
    }

    private void Failure(string connection) => _defects.TakeFailure(s_build, new ConnectionId(connection), "sales", "The driver failed with NullReferenceException: this is a defect of the driver.", "trace");

    private void Unhandled(int times)
    {
        for (var i = 0; i < times; i++)
        {
            try
            {
                throw new InvalidOperationException("SOUSCANARY");
            }
            catch (InvalidOperationException e)
            {
                _defects.TakeUnhandled(s_build, e);
            }
        }
    }
}
