using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Tests.Drivers;

/// <summary>Invariant 23 where a driver is loaded: each bad one is a row that says why, all of them at once, and the good one serves.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MisbehavingDriversTests : IDisposable
{
    private readonly PluginsTree _tree = new();

    [Fact]
    public async Task All_at_once_are_refused_each_with_its_reason_and_remedy_and_the_good_one_serves()
    {
        // Arrange
        (string Id, string Fixture, string Reason, string Remedy)[] bad =
        [
            ("throws-in-constructor", "ThrowsInConstructor", "threw InvalidOperationException while it was loaded: No constructor of mine returns.", "tell its author"),
            ("throws-in-static", "ThrowsInStatic", "threw InvalidOperationException while it was loaded: No field of mine is ever set.", "tell its author"),
            ("throws-in-module", "ThrowsInModule", "threw InvalidOperationException while it was loaded: No code of mine is ever run.", "tell its author"),
            ("hangs-in-constructor", "HangsInConstructor", "did not load within 10 s", "restart the host after mending it"),
        ];
        foreach (var one in bad)
        {
            _tree.Add(one.Fixture);
        }

        _tree.Add("Good");
        _tree.Add("Wild");
        _tree.List([.. bad.Select(static one => PluginsTree.Entry(one.Id, one.Fixture)), PluginsTree.Entry("wild", "Wild", """, "limits": { "sessions": 3 } """), PluginsTree.Entry("good", "Good")]);

        // Act
        using var catalog = await _tree.LoadAsync();

        // Assert
        Assert.All(bad, one =>
        {
            var row = catalog.Rows.First(row => row.Id == new DriverId(one.Id));
            Assert.Equal(DriverState.Refused, row.State);
            Assert.Contains(one.Reason, row.Reason, StringComparison.Ordinal);
            Assert.Contains(one.Remedy, row.Remedy, StringComparison.Ordinal);
        });
        Assert.Equal(3, PluginsTree.Get(catalog, "wild").MaxSessions);
        Assert.Equal(256, PluginsTree.Get(catalog, "good").MaxSessions);
    }

    public void Dispose() => _tree.Dispose();
}
