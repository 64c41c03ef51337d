using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Sdk.Testing;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Sdk.Tests.Conformance;

/// <summary>The driver Fixture.Shop as it is staged, and its service.</summary>
internal static class Shop
{
    private const string WebhookKey = "the-shops-webhook-key";

    public static string Folder => Path.Combine(Tree(), "artifacts", "fixtures", "Fixture.Shop");

    public static SampleService Service(string settings) => new()
    {
        Handler = new ShopService(),
        Address = new Uri("https://api.shop.invalid/"),
        AccessToken = new Secret(ShopService.Key),
        Settings = settings,
        Clock = new StoppedClock(),
        PageSize = 10,
        Unauthorized = new ServiceAnswer(401, """{"error":"expired"}"""),
        Forbidden = new ServiceAnswer(403, """{"error":"scope"}"""),
        Webhooks = [Webhook()],
    };

    public static ConformanceSuite Breaking(string? rule, string? folder = null)
        => new(folder ?? Folder, _ => new(Service(rule is null ? "{}" : JsonSerializer.Serialize(new { breaks = rule }))));

    private static WebhookSample Webhook()
    {
        var body = """{"event_id":"e-1","type":"order.created"}"""u8.ToArray();
        var signature = Convert.ToHexString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(WebhookKey), body));
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["X-Shop-Signature"] = signature, ["X-Shop-Try"] = "1" };
        return new WebhookSample(new WebhookRequest { RegisteredAddress = new Uri("https://sous.example/webhooks/shop/key"), Headers = headers, Body = body }, new Secret(WebhookKey), ShopService.Start);
    }

    private static string Tree()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sous.Plugins.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the tree.");
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => ShopService.Start;
    }
}
