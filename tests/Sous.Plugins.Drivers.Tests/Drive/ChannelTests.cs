using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.GoogleDrive;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Webhooks;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Drive;

public sealed class ChannelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DriveSimulator.RecipesFolder)]
    [InlineData(DriveSimulator.SpecialsFolder)]
    public async Task A_channel_tells_that_something_changed_until_it_is_closed(string folder)
    {
        await using var kit = await DriveKit.StartAsync(3);
        await using var receiver = await PushReceiver.StartAsync();
        var driver = kit.DriverOf(folder);
        var watched = await DriveKit.WatchAsync(driver);
        var secret = new Secret("a-channel-token");

        var channel = await driver.OpenChannelAsync(new PushChannelRequest("channel-1", receiver.Address, secret, kit.Clock.GetUtcNow().AddDays(30), watched.End()), Token);
        var hello = Read(await receiver.NextAsync(), secret);
        kit.Drive.Changes.Add(folder);
        var told = Read(await receiver.NextAsync(), secret);
        await driver.CloseChannelAsync(channel, Token);
        await driver.CloseChannelAsync(channel, Token);

        Assert.Empty(hello);
        Assert.Equal(ServiceEventKind.FileChanged, Assert.Single(told).Kind);
        // Google allows a week; what it granted is what counts.
        Assert.Equal(kit.Clock.GetUtcNow().AddDays(7), channel.ExpiresAt);
    }

    [Fact]
    public async Task An_address_that_Google_refuses_is_a_failure()
    {
        await using var kit = await DriveKit.StartAsync(0);
        var driver = kit.DriverOf(DriveSimulator.RecipesFolder);
        var watched = await DriveKit.WatchAsync(driver);

        await Assert.ThrowsAsync<DriverException>(async () =>
            await driver.OpenChannelAsync(new PushChannelRequest("c", new Uri("http://example.com/"), new Secret("t"), kit.Clock.GetUtcNow().AddDays(1), watched.End()), Token));
        await Assert.ThrowsAsync<DriverException>(async () =>
            await driver.OpenChannelAsync(new PushChannelRequest("c", new Uri("https://example.com/"), new Secret("t"), kit.Clock.GetUtcNow().AddDays(1), null), Token));
    }

    private static IReadOnlyList<ServiceEvent> Read(Dictionary<string, string> message, Secret secret)
    {
        var factory = new DriveFactory();
        var request = new WebhookRequest { RegisteredAddress = new Uri("https://sous.example/"), Headers = message, Body = default };
        Assert.Equal(WebhookVerdict.Genuine, factory.Verify(request, secret, DriveKit.Start));
        return factory.Read(request);
    }
}
