using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Testing;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

public sealed class LightspeedConformanceTests : DriverConformance
{
    protected override string DriverFolder => OutsideDriver.Folder;

    protected override async ValueTask<SampleService> StartServiceAsync(CancellationToken cancellationToken)
    {
        var clock = new FakeTimeProvider(LightspeedKit.Start);
        var lightspeed = await LightspeedSimulator.StartAsync(new LightspeedSimulatorOptions { Accounts = 600, Days = 30, AccessTokenLife = TimeSpan.FromDays(400) }, clock, cancellationToken);

        // What closes at this very instant belongs to the next window.
        clock.Advance(TimeSpan.FromMilliseconds(10));
        return new SampleService
        {
            Owner = lightspeed,
            Address = lightspeed.Address,
            AccessToken = new Secret(lightspeed.IssueAccessToken()),
            Clock = clock,
            LocationId = lightspeed.Truth.Locations[0].Id,
            Unauthorized = new ServiceAnswer(401, """{"timestamp":"2025-11-20T15:00:00Z","path":"/f","status":401,"error":"Unauthorized","requestId":"r-1"}"""),
            Forbidden = new ServiceAnswer(403, """{"timestamp":"2025-11-20T15:00:00Z","path":"/f","status":403,"error":"Forbidden","requestId":"r-1"}"""),
            Secrets = [new Secret(lightspeed.ClientSecret)],
        };
    }
}
