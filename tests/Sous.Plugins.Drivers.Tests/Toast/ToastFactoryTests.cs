using System.Text;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Webhooks;
using Sous.Plugins.Toast;

namespace Sous.Plugins.Drivers.Tests.Toast;

public sealed class ToastFactoryTests
{
    private readonly ToastFactory _factory = new();

    [Fact]
    public void The_manifest_says_how_the_client_logs_in_and_names_no_host()
    {
        var manifest = StagedDriver.ManifestOf<ToastFactory>();

        Assert.Equal(("toast", AuthorizationKind.ClientCredentials, 2), (manifest.Id, manifest.Authorization.Kind, manifest.Authorization.LoginsPerHour));
        Assert.Equal(["toast-api-server.invalid", "toast-api-server.invalid"], [manifest.ApiAddress.Host, manifest.Authorization.TokenAddress!.Host]);
        Assert.Equal([("sales", StreamScope.Location), ("catalog", StreamScope.Location)], manifest.Streams.Select(stream => (stream.Name, stream.Scope)));
        Assert.Contains("restaurants", manifest.Settings!.Value.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public void Logging_in_is_the_only_exchange_and_its_answer_lies_a_level_down()
    {
        var login = _factory.Describe(TokenExchange.ClientCredentials)!;

        Assert.Equal(TokenBody.Json, login.Body);
        Assert.Equal(["clientId", "clientSecret", "userAccessType"], login.Fields.Select(field => field.Name));
        Assert.All([TokenExchange.Code, TokenExchange.Refresh, TokenExchange.Revoke], exchange => Assert.Null(_factory.Describe(exchange)));
        Assert.Equal(("token.accessToken", "token.expiresIn", true), (_factory.AnswerShape.AccessToken, _factory.AnswerShape.ExpiresIn, _factory.AnswerShape.ExpiresInToken));
    }

    [Theory]
    [InlineData(401, """{"status":"Unauthorized","code":10010,"message":"no"}""", TokenFailure.ClientRejected)]
    [InlineData(401, "<html>Sign in</html>", TokenFailure.Temporary)]
    [InlineData(401, "", TokenFailure.Temporary)]
    [InlineData(429, """{"status":"TooManyRequests","code":10029}""", TokenFailure.Temporary)]
    [InlineData(503, """{"status":"Unavailable"}""", TokenFailure.Temporary)]
    public void Only_Toasts_own_word_rejects_the_client(int status, string body, TokenFailure failure)
        => Assert.Equal(failure, _factory.ReadFailure(TokenExchange.ClientCredentials, status, Encoding.UTF8.GetBytes(body)));

    [Fact]
    public async Task A_signed_webhook_is_genuine_for_twenty_minutes_and_tells_which_order_of_which_restaurant()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var order = kit.Toast.Changes.AddOrder(kit.Boston);
        var (body, headers) = kit.Toast.Webhooks.Make(order);
        var (request, secret, now) = (Request(body, headers), new Secret(kit.Toast.WebhookSecret), kit.Clock.GetUtcNow());

        Assert.Equal(WebhookVerdict.Genuine, _factory.Verify(request, secret, now));
        Assert.Equal(WebhookVerdict.Genuine, _factory.Verify(request, secret, now.AddMinutes(19)));
        Assert.Equal(WebhookVerdict.Stale, _factory.Verify(request, secret, now.AddMinutes(21)));
        Assert.Equal(WebhookVerdict.Stale, _factory.Verify(request, secret, now.AddMinutes(-6)));
        Assert.Equal(WebhookVerdict.Forged, _factory.Verify(request, new Secret("another"), now));
        var told = Assert.Single(_factory.Read(request));
        Assert.Equal((ServiceEventKind.OrderUpdated, kit.Boston, order), (told.Kind, told.LocationId, Assert.Single(told.RecordIds)));
        Assert.Equal(told.EventId, Assert.Single(_factory.Read(request)).EventId);
    }

    [Theory]
    [InlineData("order_created", ServiceEventKind.OrderCreated)]
    [InlineData("menus_updated", ServiceEventKind.CatalogChanged)]
    [InlineData("stock_updated", ServiceEventKind.Other)]
    public void Events_are_told_by_their_type(string type, ServiceEventKind kind)
    {
        var body = """{"timestamp":"2025-11-20T15:00:00.000Z","eventType":"TYPE","guid":"e","details":{"restaurantGuid":"r","order":{"guid":"o"}}}""".Replace("TYPE", type, StringComparison.Ordinal);

        Assert.Equal(kind, Assert.Single(_factory.Read(Request(Encoding.UTF8.GetBytes(body), new Dictionary<string, string>()))).Kind);
    }

    [Fact]
    public void A_body_that_is_no_webhook_is_a_defect()
        => Assert.Equal(FailureKind.Defect, Assert.Throws<DriverException>(() => _factory.Read(Request("{}"u8.ToArray(), new Dictionary<string, string>()))).Kind);

    private static WebhookRequest Request(ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string> headers)
        => new() { RegisteredAddress = new Uri("https://sous.test/webhooks/toast/key"), Headers = headers, Body = body };
}
