using System.Net;
using System.Net.Sockets;
using System.Text;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Tests.Webhooks;

/// <summary>Invariant 24: verified on raw bytes, stored before it is acknowledged, kept once.</summary>
public sealed class WebhookEndpointTests
{
    private const string Order = "e1|OrderCreated|acc-1|A|o1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unknown_addresses_and_bad_signatures_are_refused_alike_and_leave_nothing()
    {
        // Arrange
        await using var app = await WebhooksApp.StartAsync(works: false);
        var other = await app.Get<WebhookAddresses>().OfAsync(new DriverId("other"), Token);
        var key = app.Registered.Segments[^1];
        (Uri Address, string Signature)[] wrong =
        [
            (app.Registered, "no signature"),
            (app.Registered, "old"),
            (app.Registered, HookedShop.Sign(app.Registered, Order + " ")),
            (app.Registered, HookedShop.Sign(other, Order)),
            (app.Registered, HookedShop.Sign(new Uri("https://elsewhere.example/webhooks"), Order)),
            (other, HookedShop.Sign(app.Registered, Order)),
            (other, HookedShop.Sign(other, Order)),
            (Below($"/webhooks/other/{key}"), HookedShop.Sign(Below($"/webhooks/other/{key}"), Order)),
            (Below("/webhooks/shop/guessed"), HookedShop.Sign(Below("/webhooks/shop/guessed"), Order)),
            (Below($"/webhooks/shop/chn_0123456789ABCDEFGHIJKL{key}"), HookedShop.Sign(app.Registered, Order)),
            (Below($"/webhooks/nobody/{key}"), HookedShop.Sign(app.Registered, Order)),
            (Below($"/webhooks/SHOP/{key}"), HookedShop.Sign(app.Registered, Order)),
            (Below("/webhooks/shop"), "none"),
            (Below("/webhooks"), "none"),
        ];

        // Act and assert
        foreach (var (address, signature) in wrong)
        {
            using var answer = await app.PostAsync(address, new StringContent(Order), ("X-Signature", signature));
            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{address} answered {answer.StatusCode}.");
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
            Assert.Empty(answer.Headers.WwwAuthenticate);
        }

        Assert.Empty(await app.Inbox.ReadNewAsync(100, Token));
    }

    [Fact]
    public async Task A_genuine_one_is_stored_when_it_is_acknowledged_and_once_however_often_it_comes()
    {
        await using var app = await WebhooksApp.StartAsync(works: false);

        Assert.Equal(HttpStatusCode.OK, await app.SendAsync(Order, "e2|CatalogChanged|acc-1||"));
        Assert.Equal(HttpStatusCode.OK, await app.SendAsync(Order));
        Assert.Equal(HttpStatusCode.OK, await app.SendAsync("e3|Other|acc-1||"));
        await app.RestartAsync(works: false);
        Assert.Equal(HttpStatusCode.OK, await app.SendAsync(Order));

        Assert.Equal(["e1", "e2"], (await app.Inbox.ReadNewAsync(100, Token)).Select(static entry => entry.EventId));
    }

    [Fact]
    public async Task Once_its_secret_is_another_a_signature_by_the_old_one_is_refused_and_leaves_nothing()
    {
        await using var app = await WebhooksApp.StartAsync(works: false);
        app.Settings["Clients:shop:WebhookSecret"] = "SOUSCANARY-the-next-secret";
        await app.RestartAsync(works: false);

        Assert.Equal(HttpStatusCode.Unauthorized, await app.SendAsync(Order));
        Assert.Empty(await app.Inbox.ReadNewAsync(100, Token));

        using var renewed = await app.PostAsync(app.Registered, new StringContent(Order), ("X-Signature", HookedShop.Sign(app.Registered, Order, "SOUSCANARY-the-next-secret")));
        Assert.Equal(HttpStatusCode.OK, renewed.StatusCode);
        Assert.Single(await app.Inbox.ReadNewAsync(100, Token));
    }

    [Fact]
    public async Task The_address_outlives_restarts()
    {
        await using var app = await WebhooksApp.StartAsync(works: false);
        var before = app.Registered;

        await app.RestartAsync(works: false);

        Assert.Equal(before, app.Registered);
        Assert.StartsWith("https://sous.example/webhooks/shop/", before.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_whether_its_length_is_told_or_not()
    {
        await using var app = await WebhooksApp.StartAsync(works: false);
        var body = new byte[(1 << 20) + 1];

        using var told = await app.PostAsync(app.Registered, new ByteArrayContent(body));
        using var elsewhere = await app.PostAsync(Below("/webhooks/shop/guessed"), new ByteArrayContent(body));
        using var chunked = await app.PostAsync(app.Registered, new StreamContent(new Unseekable(body)));

        Assert.Equal([HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.RequestEntityTooLarge], [told.StatusCode, elsewhere.StatusCode, chunked.StatusCode]);
        Assert.Empty(await chunked.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task A_body_that_does_not_come_in_time_is_asked_for_again()
    {
        await using var app = await WebhooksApp.StartAsync(works: false);
        using var client = new TcpClient();
        await client.ConnectAsync(app.Address.Host, app.Address.Port, Token);
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {app.Registered.AbsolutePath} HTTP/1.1\r\nHost: sous.example\r\nContent-Length: 100\r\n\r\nhalf"), Token);

        var status = reader.ReadLineAsync(Token).AsTask();
        await app.EventuallyAsync(() =>
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(status.IsCompleted);
        });

        // Some services send what was answered with a 4xx never again.
        Assert.StartsWith("HTTP/1.1 503", await status, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("defect")]
    [InlineData("quarantine")]
    [InlineData("store")]
    public async Task Trouble_of_our_own_asks_the_service_to_come_again_and_is_told_once(string trouble)
    {
        await using var app = await WebhooksApp.StartAsync(works: false);
        if (trouble == "secret")
        {
            app.Settings.Remove("Clients:shop:WebhookSecret");
            await app.RestartAsync(works: false);
        }
        else if (trouble == "quarantine")
        {
            app.Get<DriverDefects>().Restore(new Quarantine(app.Shop.Loaded.Build, app.Clock.GetUtcNow(), "It failed.", []));
        }
        else if (trouble == "store")
        {
            await app.Get<SqliteChangeStore>().DisposeAsync();
        }

        var body = trouble == "defect" ? "throw" : Order;
        for (var i = 0; i < 3; i++)
        {
            using var answer = await app.PostAsync(app.Registered, new StringContent(body), ("X-Signature", HookedShop.Sign(app.Registered, body)));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
        }

        Assert.Single(app.Logs.Lines, static line => line.Contains("Webhooks of shop cannot be taken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_restored_copy_takes_none_before_it_is_adopted()
    {
        await using var app = await WebhooksApp.StartAsync(works: false);
        var restoration = new Restoration { BackupAt = app.Clock.GetUtcNow(), RestoredAt = app.Clock.GetUtcNow() };
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Restoration.Collection, restoration), Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await app.SendAsync(Order));
        await app.Get<Adoption>().AdoptAsync("test", Token);
        Assert.Equal(HttpStatusCode.OK, await app.SendAsync(Order));
    }

    [Fact]
    public async Task One_that_is_genuine_and_cannot_be_read_is_acknowledged_and_told_to_the_log()
    {
        await using var app = await WebhooksApp.StartAsync(works: false);

        Assert.Equal(HttpStatusCode.OK, await app.SendAsync("nonsense"));

        Assert.Empty(await app.Inbox.ReadNewAsync(100, Token));
        Assert.Single(app.Logs.Lines, static line => line.Contains("cannot read one that is genuine", StringComparison.Ordinal));
        Assert.Equal("webhook", Assert.Single(app.Get<DriverDefects>().ListOf(app.Shop.Loaded.Build)).Where);
    }

    [Fact]
    public async Task No_secret_of_it_reaches_a_log_or_a_file()
    {
        await using var app = await WebhooksApp.StartAsync(works: false);

        await app.SendAsync(Order);
        using var forged = await app.PostAsync(app.Registered, new StringContent("throw"), ("X-Signature", "forged"));

        Assert.DoesNotContain(app.Logs.Lines, line => line.Contains("SOUSCANARY", StringComparison.Ordinal) || line.Contains(app.Registered.Segments[^1], StringComparison.Ordinal));
    }

    private static Uri Below(string path) => new(new Uri("https://sous.example"), path);

    /// <summary>Of no length that can be told, so that it goes out in chunks.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
