using System.Net;
using System.Net.Sockets;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Deliveries;

/// <summary>Where deliveries may go: decided on what is really connected to, with listeners of our own where nothing may come.</summary>
public sealed class AddressTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.7.7.7")]
    [InlineData("::ffff:127.7.7.7")]
    [InlineData("93.184.215.14", "127.7.7.7")]
    [InlineData("169.254.169.254")]
    [InlineData("10.1.2.3")]
    [InlineData("64:ff9b::10.0.0.1")]
    public async Task A_name_that_leads_into_a_private_network_is_never_connected_to(params string[] answers)
    {
        using var forbidden = Listen();
        await using var host = await Deliverer.StartAsync();
        host.App.Get<DeliverySender>().Resolve = (_, _) => Task.FromResult(answers.Select(IPAddress.Parse).ToArray());
        await host.PostAsync("subscriptions", new { url = "https://hooks.example/" }, HttpStatusCode.Created);

        await host.TellAsync("con_1", "order.created");
        await host.EventuallyAsync(async () => (await host.DeliveriesAsync()) is [var one] && one.GetProperty("attempts").GetInt32() == 1);

        var reason = (await host.DeliveriesAsync())[0].GetProperty("reason").GetString();
        Assert.Contains("into a private network", reason, StringComparison.Ordinal);
        Assert.Contains("SOUS_Deliveries__AllowedAddresses__0", reason, StringComparison.Ordinal);
        Assert.NotEqual(true, forbidden?.Pending());
    }

    [Fact]
    public async Task On_a_host_that_others_reach_this_machine_is_told_nothing()
    {
        await using var host = await Deliverer.StartAsync(("PublicUrl", "https://sous.example"));
        await host.PostAsync("subscriptions", new { url = host.Receiver.Address }, HttpStatusCode.BadRequest);

        // As one is left of before the host was reached by others.
        var made = await host.PostAsync("subscriptions", new { url = "https://hooks.example/" }, HttpStatusCode.Created);
        var key = new SubscriptionKey(new TenantId(Deliverer.Tenant), made.GetProperty("id").GetString()!);
        await host.App.Get<IRegistry>().WriteAsync(
            transaction => transaction.Put(Subscription.Collection, transaction.Find(Subscription.Collection, key.ToString())! with { Url = host.Receiver.Address }), Token);
        await host.TellAsync("con_1", "order.created");
        await host.EventuallyAsync(async () => (await host.DeliveriesAsync()) is [var one] && one.GetProperty("attempts").GetInt32() == 1);

        Assert.Empty(host.Receiver.Requests);
        Assert.StartsWith("The address is not one that may be delivered to", (await host.DeliveriesAsync())[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_operator_allowed_may_lie_in_a_private_network_by_plain_http()
    {
        await using var receiver = await WebhookReceiver.StartAsync(Token);
        await using var host = new Deliverer(
            await Authorization.AuthorizationApp.StartAsync([("PublicUrl", "https://sous.example"), ("Deliveries:AllowedAddresses:0", receiver.Address.GetLeftPart(UriPartial.Authority))]), receiver);
        await host.SubscribeAsync();
        await host.PostAsync("subscriptions", new { url = "http://127.0.0.1:1/" }, HttpStatusCode.BadRequest);

        await host.TellAsync("con_1", "order.created");
        await host.EventuallyAsync(() => receiver.Taken.Count == 1);
    }

    [Theory]
    [InlineData("10.0.0.5"), InlineData("ftp://10.0.0.5/"), InlineData("http://10.0.0.5/hooks"), InlineData("http://u@10.0.0.5/")]
    public async Task An_allowed_address_that_is_no_origin_keeps_the_host_from_starting(string address)
    {
        var refusal = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => Deliverer.StartAsync(("Deliveries:AllowedAddresses:0", address)));

        Assert.Contains("SOUS_Deliveries__AllowedAddresses", refusal.Message, StringComparison.Ordinal);
    }

    // On the port that all https goes to, which only root may take: without it the reason alone tells.
    private static TcpListener? Listen()
    {
        try
        {
            var listener = new TcpListener(IPAddress.Parse("127.7.7.7"), 443) { ExclusiveAddressUse = false };
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
