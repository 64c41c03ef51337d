using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Sous.Plugins.Drivers.Tests.Prism;
using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Webhooks;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Square;

namespace Sous.Plugins.Drivers.Tests.Square;

/// <summary>The driver's and the simulator's webhooks, held to each other and to Square's own examples.</summary>
public sealed class SquareWebhookTests : IAsyncLifetime
{
    private static readonly Uri s_address = new("https://sous.example/webhooks/square/key");

    private readonly SquareFactory _factory = new();
    private SquareKit _kit = null!;
    private PushReceiver _receiver = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _kit = await SquareKit.StartAsync(0);
        _receiver = await PushReceiver.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _kit.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task What_happens_at_the_merchant_is_told_signed_over_the_registered_address()
    {
        _kit.Square.Webhooks.Address = _receiver.Address;
        var order = _kit.Square.Changes.AddOrder(SquareKit.NewYork);
        var sold = await TakeAsync(2);
        var back = _kit.Square.Changes.RefundOrder(order);
        var refunded = await TakeAsync(3);
        _kit.Square.Changes.RenameItem(_kit.Square.Changes.ItemIds[0], "Soup of another day");
        _kit.Square.RevokeGrant();
        var other = await TakeAsync(2);

        Assert.Equal([ServiceEventKind.OrderCreated, ServiceEventKind.OrderUpdated], sold.Select(static told => told.Kind));
        Assert.All(sold, told => Assert.Equal((SquareSimulator.MerchantId, SquareKit.NewYork, order), (told.AccountId, told.LocationId, Assert.Single(told.RecordIds))));
        Assert.Equal(new[] { order, back }.Order(), refunded.SelectMany(static told => told.RecordIds).Distinct().Order());
        Assert.Equal([ServiceEventKind.CatalogChanged, ServiceEventKind.GrantRevoked], other.Select(static told => told.Kind));
        Assert.Equal(7, sold.Concat(refunded).Concat(other).Select(static told => told.EventId).Distinct().Count());
    }

    [Fact]
    public void Only_the_very_bytes_at_the_very_address_by_the_very_key_are_genuine()
    {
        var body = Encoding.UTF8.GetBytes("""{"event_id":"e","type":"order.updated"}""");
        var signature = _kit.Square.Webhooks.Sign(s_address, body);
        var key = new Secret(_kit.Square.WebhookSignatureKey);

        Assert.Equal(WebhookVerdict.Genuine, Verify(body, signature, key));
        Assert.Equal(WebhookVerdict.Forged, Verify([.. body, (byte)' '], signature, key));
        Assert.Equal(WebhookVerdict.Forged, Verify(body, signature, new Secret("another")));
        Assert.Equal(WebhookVerdict.Forged, Verify(body, signature, default));
        Assert.Equal(WebhookVerdict.Forged, Verify(body, signature + "=", key));
        Assert.Equal(WebhookVerdict.Forged, Verify(body, signature.ToLowerInvariant(), key));
        Assert.Equal(WebhookVerdict.Forged, Verify(body, "", key));
        Assert.Equal(WebhookVerdict.Forged, Verify(body, null, key));
        Assert.Equal(WebhookVerdict.Forged, Verify(body, signature, key, new Uri("https://sous.example/webhooks/square/other")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"event_id":"","type":"order.updated"}""")]
    [InlineData("""{"event_id":7,"type":"order.updated"}""")]
    [InlineData("""{"event_id":"e","type":"order.updated","data":{"object":[]}}""")]
    public void A_body_of_another_shape_is_a_defect(string body)
        => Assert.Equal(FailureKind.Defect, Assert.Throws<DriverException>(() => Read(Encoding.UTF8.GetBytes(body))).Kind);

    [Theory]
    [InlineData("""{"event_id":"e","type":"order.updated"}""", ServiceEventKind.OrderUpdated)]
    [InlineData("""{"event_id":"e","type":"order.updated","data":{"object":{"order_updated":7}}}""", ServiceEventKind.OrderUpdated)]
    [InlineData("""{"event_id":"e","type":"device.code.paired","data":{"object":{"device_code":{"location_id":7}}}}""", ServiceEventKind.Other)]
    public void What_is_missing_or_new_is_passed_over(string body, ServiceEventKind kind)
    {
        var told = Assert.Single(Read(Encoding.UTF8.GetBytes(body)));

        Assert.Equal((kind, null), (told.Kind, told.LocationId));
        Assert.Empty(told.RecordIds);
    }

    [Fact]
    public async Task Squares_own_examples_are_read_and_the_simulated_ones_have_no_member_that_they_lack()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(ProviderSpecs.Path("webhook-events.json"), Token));
        var examples = file.RootElement.GetProperty("events").EnumerateObject().ToDictionary(static one => one.Value.GetProperty("type").GetString()!, static one => one.Value);
        foreach (var (type, example) in examples)
        {
            var told = Assert.Single(Read(Encoding.UTF8.GetBytes(example.GetRawText())));
            Assert.Equal((example.GetProperty("merchant_id").GetString(), example.GetProperty("event_id").GetString()), (told.AccountId, told.EventId));
            Assert.Equal(type is "order.created" or "order.updated" or "order.fulfillment.updated" || type.StartsWith("payment.", StringComparison.Ordinal) || type.StartsWith("refund.", StringComparison.Ordinal), told.RecordIds.Count == 1);
        }

        _kit.Square.Webhooks.Address = _receiver.Address;
        var order = _kit.Square.Changes.AddOpenOrder(SquareKit.NewYork);
        _kit.Square.Changes.CancelOrder(order);
        _kit.Square.RevokeGrant();
        for (var i = 0; i < 3; i++)
        {
            using var body = JsonDocument.Parse((await _receiver.NextAsync())["body"]);
            Assert.Empty(MembersOf(body.RootElement).Except(MembersOf(examples[body.RootElement.GetProperty("type").GetString()!])));
        }
    }

    [Fact]
    public async Task Webhooks_can_come_twice_and_forged_and_one_that_is_refused_comes_again()
    {
        _kit.Square.Chaos = new Chaos { DuplicateWebhookEvery = 1, ForgedWebhookEvery = 1 };
        _kit.Square.Webhooks.Address = _receiver.Address;
        _kit.Square.Changes.AddOpenOrder(SquareKit.NewYork);
        List<WebhookVerdict> verdicts = [];
        for (var i = 0; i < 3; i++)
        {
            verdicts.Add(Verify(await _receiver.NextAsync()));
        }

        Assert.Equal([WebhookVerdict.Forged, WebhookVerdict.Genuine, WebhookVerdict.Genuine], verdicts);

        _kit.Square.Chaos = Chaos.None;
        _kit.Square.Webhooks.Address = new Uri(_kit.Square.Address, "/nowhere");
        _kit.Square.Changes.AddOpenOrder(SquareKit.NewYork);
        while (_kit.Square.Webhooks.Attempts[^1].Status != 404)
        {
            await Task.Delay(5, Token);
        }

        _kit.Square.Webhooks.Address = _receiver.Address;
        while (_kit.Square.Webhooks.Attempts[^1].Retry == 0)
        {
            _kit.Clock.Advance(TimeSpan.FromSeconds(30));
            await Task.Delay(5, Token);
        }

        Assert.Equal("1", (await _receiver.NextAsync())["square-retry-number"]);
    }

    [Fact]
    public async Task Those_that_wait_together_can_come_the_newest_first()
    {
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var slow = await LoopbackHost.StartAsync(0, app => app.Run(context =>
        {
            reached.TrySetResult();
            return go.Task;
        }), Token);
        _kit.Square.Chaos = new Chaos { ReorderWebhooks = true };
        _kit.Square.Webhooks.Address = slow.Address;
        _kit.Square.Changes.AddOpenOrder(SquareKit.NewYork);
        await reached.Task.WaitAsync(Token);
        List<string> orders = [.. Enumerable.Range(0, 3).Select(_ => _kit.Square.Changes.AddOpenOrder(SquareKit.NewYork))];
        _kit.Square.Webhooks.Address = _receiver.Address;
        go.SetResult();

        Assert.Equal(Enumerable.Reverse(orders), (await TakeAsync(3)).SelectMany(static told => told.RecordIds));
    }

    private static IEnumerable<string> MembersOf(JsonElement element, string path = "") => element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject().SelectMany(member => MembersOf(member.Value, $"{path}/{member.Name}").Prepend($"{path}/{member.Name}"))
        : [];

    private async Task<List<ServiceEvent>> TakeAsync(int count)
    {
        var events = new List<ServiceEvent>();
        while (count-- > 0)
        {
            var message = await _receiver.NextAsync();
            Assert.Equal(WebhookVerdict.Genuine, Verify(message));
            events.AddRange(Read(Encoding.UTF8.GetBytes(message["body"])));
        }

        return events;
    }

    private WebhookVerdict Verify(Dictionary<string, string> message) => _factory.Verify(
        new WebhookRequest { RegisteredAddress = _receiver.Address, Headers = message, Body = Encoding.UTF8.GetBytes(message["body"]) }, new Secret(_kit.Square.WebhookSignatureKey), SquareKit.Start);

    private WebhookVerdict Verify(byte[] body, string? signature, Secret key, Uri? address = null)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (signature is not null)
        {
            headers["X-Square-HmacSha256-Signature"] = signature;
        }

        return _factory.Verify(new WebhookRequest { RegisteredAddress = address ?? s_address, Headers = headers, Body = body }, key, SquareKit.Start);
    }

    private IReadOnlyList<ServiceEvent> Read(byte[] body)
        => _factory.Read(new WebhookRequest { RegisteredAddress = s_address, Headers = new Dictionary<string, string>(), Body = body });
}
