using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Testing;
using Sous.Plugins.Sdk.Webhooks;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Drivers.Tests.Toast;

public sealed class ToastConformanceTests : DriverConformance
{
    protected override string DriverFolder => StagedDriver.FolderOf("Sous.Plugins.Toast");

    protected override async ValueTask<SampleService> StartServiceAsync(CancellationToken cancellationToken)
    {
        var clock = new FakeTimeProvider(ToastKit.Start);
        var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 600, Days = 30, RateLimits = false, TokenLife = TimeSpan.FromDays(400) }, clock, cancellationToken);
        var owned = toast.Truth.Restaurants.Where(restaurant => restaurant.Owner == toast.Truth.Restaurants[0].Owner).Select(restaurant => restaurant.Id).ToList();
        var (body, headers) = toast.Webhooks.Make(toast.Truth.Restaurants[0].OrderIds[0]);

        // What changes at this very instant belongs to the next window.
        clock.Advance(TimeSpan.FromMilliseconds(10));
        return new SampleService
        {
            Owner = toast,
            Address = toast.Address,
            AccessToken = new Secret(toast.IssueToken()),
            Clock = clock,
            Settings = JsonSerializer.Serialize(new { restaurants = owned }),
            LocationId = owned[0],
            Unauthorized = new ServiceAnswer(401, """{"status":401,"code":10010,"message":"Full authentication is required to access this resource"}"""),
            Forbidden = new ServiceAnswer(403, """{"status":403,"code":10026,"message":"Not authorized."}"""),
            Webhooks = [new WebhookSample(new WebhookRequest { RegisteredAddress = new Uri("https://sous.example/webhooks/toast/key"), Headers = headers, Body = body }, new Secret(toast.WebhookSecret), clock.GetUtcNow())],
            Secrets = [new Secret(toast.ClientSecret)],
        };
    }
}
