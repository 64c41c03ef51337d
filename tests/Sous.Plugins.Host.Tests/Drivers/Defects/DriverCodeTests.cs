using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Drivers.Defects;

/// <summary>Who is to blame for an exception, by the real DLL that threw it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DriverCodeTests : IDisposable
{
    private readonly PluginsTree _tree = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_driver_is_blamed_for_what_it_threw_and_counted_under_its_bytes()
    {
        var (driver, thrown) = await ThrowAsync();

        Assert.True(DriverCode.TryBlame(thrown));
        Assert.Equal(Defect.OwnThread, Assert.Single(_tree.Defects.ListOf(driver.Build)).Where);
    }

    [Fact]
    public async Task Several_at_once_are_the_drivers_only_where_each_of_them_is()
    {
        var (driver, thrown) = await ThrowAsync();

        // As the runtime puts together what failed when a token was canceled.
        Assert.True(DriverCode.TryBlame(new AggregateException(thrown, thrown)));
        Assert.False(DriverCode.TryBlame(new AggregateException(thrown, Own())));
        Assert.False(DriverCode.TryBlame(new AggregateException()));
        Assert.Single(_tree.Defects.ListOf(driver.Build));
    }

    [Fact]
    public void The_hosts_own_are_nobody_elses()
    {
        Assert.False(DriverCode.TryBlame(Own()));
        Assert.False(DriverCode.TryBlame(new InvalidOperationException("Thrown nowhere.")));
    }

    public void Dispose() => _tree.Dispose();

    private static InvalidOperationException Own() => Assert.Throws<InvalidOperationException>(static void () => throw new InvalidOperationException("The host's own."));

    private async Task<(LoadedDriver Driver, Exception Thrown)> ThrowAsync()
    {
        _tree.Add("Wild");
        _tree.List(PluginsTree.Entry("wild", "Wild"));
        using var catalog = await _tree.LoadAsync();
        var driver = PluginsTree.Get(catalog, "wild");
        using var http = new HttpClient();
        var made = driver.Factory.Create(new DriverContext
        {
            Http = http,
            HttpHandler = new SocketsHttpHandler(),
            ApiAddress = new Uri("https://api.wild.example/"),
            Clock = TimeProvider.System,
            Logger = NullLogger.Instance,
            Settings = JsonElement.Parse("""{"catalog":"throws"}"""),
        });
        var thrown = Assert.Throws<InvalidOperationException>(() => ((Sdk.Pos.IPosDriver)made).FetchCatalogAsync(null!, Token));
        return (driver, thrown);
    }
}
