using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Testing;
using Sous.Plugins.Sdk.Webhooks;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Square;

public sealed class SquareConformanceTests : DriverConformance
{
    protected override string DriverFolder => StagedDriver.FolderOf("Sous.Plugins.Square");

    protected override async ValueTask<SampleService> StartServiceAsync(CancellationToken cancellationToken)
    {
        var clock = new FakeTimeProvider(SquareKit.Start);
        var square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 400, Days = 30 }, clock, cancellationToken);
        return new SampleService
        {
            Owner = square,
            Address = square.Address,
            AccessToken = new Secret(square.IssueAccessToken()),
            Clock = clock,
            LocationId = SquareKit.NewYork,
            Unauthorized = new ServiceAnswer(401, """{"errors":[{"category":"AUTHENTICATION_ERROR","code":"ACCESS_TOKEN_EXPIRED"}]}"""),
            Forbidden = new ServiceAnswer(403, """{"errors":[{"category":"AUTHENTICATION_ERROR","code":"INSUFFICIENT_SCOPES"}]}"""),
            Webhooks = [WebhookOf(square, clock.GetUtcNow())],
            Secrets = [new Secret(square.ClientSecret)],
        };
    }

    private static WebhookSample WebhookOf(SquareSimulator square, DateTimeOffset now)
    {
        var address = new Uri("https://sous.example/webhooks/square/key");
        var body = Encoding.UTF8.GetBytes("""{"merchant_id":"MLHILLHARBOR1","type":"order.updated","event_id":"e-1","created_at":"2025-11-20T15:00:00Z","data":{"type":"order_updated","id":"o-1","object":{"order_updated":{"order_id":"o-1","location_id":"LHILLNEWYORK1"}}}}""");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["x-square-hmacsha256-signature"] = square.Webhooks.Sign(address, body),
            ["square-environment"] = "Production",
        };
        return new WebhookSample(new WebhookRequest { RegisteredAddress = address, Headers = headers, Body = body }, new Secret(square.WebhookSignatureKey), now);
    }
}
