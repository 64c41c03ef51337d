using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Testing;
using Sous.Plugins.Sdk.Webhooks;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Drive;

public sealed class DriveConformanceTests : DriverConformance
{
    protected override string DriverFolder => StagedDriver.FolderOf("Sous.Plugins.GoogleDrive");

    protected override async ValueTask<SampleService> StartServiceAsync(CancellationToken cancellationToken)
    {
        var clock = new FakeTimeProvider(DriveKit.Start);
        var drive = await DriveSimulator.StartAsync(new DriveSimulatorOptions { Recipes = 120 }, clock, cancellationToken);
        return new SampleService
        {
            Owner = drive,
            Address = drive.Address,
            AccessToken = new Secret(drive.IssueAccessToken()),
            Clock = clock,
            Settings = JsonSerializer.Serialize(new { folders = new[] { DriveSimulator.RecipesFolder } }),
            FileId = DriveSimulator.ArchivedFile,
            Unauthorized = new ServiceAnswer(401, """{"error":{"code":401,"message":"Invalid Credentials","errors":[{"domain":"global","reason":"authError","message":"Invalid Credentials"}]}}"""),
            Forbidden = new ServiceAnswer(403, """{"error":{"code":403,"message":"Insufficient Permission","errors":[{"domain":"global","reason":"insufficientPermissions","message":"Insufficient Permission"}]}}"""),
            Webhooks = [Push(clock.GetUtcNow())],
            Secrets = [new Secret(drive.ClientSecret)],
        };
    }

    private static WebhookSample Push(DateTimeOffset now)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["x-goog-channel-id"] = "channel-1",
            ["x-goog-message-number"] = "7",
            ["x-goog-resource-state"] = "change",
            ["x-goog-channel-token"] = "the-token-of-the-channel",
        };
        return new WebhookSample(new WebhookRequest { RegisteredAddress = new Uri("https://sous.example/webhooks/google-drive/key"), Headers = headers, Body = default }, new Secret("the-token-of-the-channel"), now);
    }
}
