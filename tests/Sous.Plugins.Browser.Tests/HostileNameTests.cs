using System.Text.Json.Nodes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Browser.Tests;

/// <summary>Services call accounts and locations what they like: it stands on the pages as text, and runs nothing.</summary>
public sealed class HostileNameTests(Stage stage)
{
    private static readonly string[] s_names =
    [
        "<script>window.ran = 1</script><img src=x onerror=\"window.ran = 1\"><svg onload=\"window.ran = 1\">",
        "\"'><a href=\"javascript:window.ran=1\" onfocus=\"window.ran=1\" autofocus>Press</a>{{7*7}}",
        "\u202Elive\u202D \u05D1\u05D9\u05E1\u05D8\u05E8\u05D5 \u0645\u0637\u0639\u0645",
        string.Concat(Enumerable.Repeat("<b>Bistro ", 1_024)),
        string.Concat(Enumerable.Repeat("\U0001F355\U0001F468\u200D\U0001F373", 100)),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hostile_names_are_text()
    {
        var tenant = await stage.AddTenantAsync("<i>Hill</i> & \"Harbor\"");
        await using var visitor = await stage.SignInAsync(tenant);
        var connections = new List<string>();
        for (var one = 0; one < s_names.Length; one++)
        {
            (stage.Service.Account, stage.Service.AccountName) = ($"hostile-{one}", s_names[one]);
            connections.Add(await stage.ConnectAsync(tenant, Stage.Rotating));
            await Stage.UntilAsync(async () => (await stage.Platform.GetAsync(connections[^1], Token))["accountName"] is not null);
        }

        stage.Service.AccountName = "Bistro";
        await AddLocationsAsync(tenant, connections[0]);

        await AssertTextAsync(visitor, stage.Address, s_names);
        await visitor.LookAsync("hostile-names");
        await AssertTextAsync(visitor, stage.PageOf($"{tenant}/events"), s_names);
        await visitor.LookAsync("hostile-events");
        await AssertTextAsync(visitor, stage.PageOf($"{connections[0]}/locations"), s_names);
        await visitor.LookAsync("hostile-locations");
        await AssertTextAsync(visitor, stage.PageOf($"{tenant}/days"), ["<i>Hill</i> & \"Harbor\""]);
        foreach (var (connection, name) in connections.Zip(s_names))
        {
            await AssertTextAsync(visitor, stage.PageOf(connection), [name]);
        }

        await visitor.LookAsync("hostile-name");
    }

    [Fact]
    public async Task Hostile_names_and_sources_on_closed_days_are_text()
    {
        var tenant = await stage.AddTenantAsync("Hostile days");
        await using var visitor = await stage.SignInAsync(tenant);
        stage.Service.Account = "hostile-days";
        var connection = await stage.ConnectAsync(tenant, Stage.Rotating);
        await AddLocationsAsync(tenant, connection);
        foreach (var (place, name) in s_names.Index())
        {
            var key = new ClosingKey(new ConnectionId(connection.Split('/')[^1]), $"L{place}", new DateOnly(2026, 3, 14));
            await stage.CloseAsync(new TenantId(tenant.Split('/')[^1]), key, name, new Money(1240, "EUR"));
        }

        await AssertTextAsync(visitor, stage.PageOf($"{tenant}/days?month=2026-03"), s_names);
        await visitor.LookAsync("hostile-days");
        await AssertTextAsync(visitor, stage.PageOf($"{tenant}/days/2026-03-14"), s_names);
        await visitor.LookAsync("hostile-day");
    }

    [Fact]
    public async Task Hostile_words_in_a_delivery_are_text_also_where_they_are_edited()
    {
        await using var visitor = await stage.SignInAsync();
        var tenant = await stage.AddTenantAsync(s_names[1]);
        stage.Service.Account = "hostile-deliveries";
        await stage.ConnectAsync(tenant, Stage.Rotating);
        await using var receiver = await WebhookReceiver.StartAsync(Token);
        receiver.Answer = static (_, _) => Task.FromResult(500);
        await stage.Platform.PostAsync($"{tenant}/subscriptions", new JsonObject { ["url"] = receiver.Address.AbsoluteUri, ["events"] = new JsonArray("connection.connected"), ["after"] = 0 }, Token);
        JsonNode? delivery = null;
        await Stage.UntilAsync(async () => (delivery = (await stage.Platform.GetAsync($"{tenant}/deliveries", Token))["items"]!.AsArray().FirstOrDefault()) is not null);

        await AssertTextAsync(visitor, new Uri(stage.Address, "dashboard/deliveries"), [s_names[1]]);
        await visitor.LookAsync("hostile-deliveries");
        foreach (var words in s_names.Append("</textarea><script>window.ran = 1</script>"))
        {
            delivery = await stage.Platform.PostAsync($"{tenant}/deliveries/{(string)delivery!["id"]!}/replay", new JsonObject { ["data"] = new JsonObject { ["cause"] = words } }, Token);
            await AssertTextAsync(visitor, stage.PageOf($"{tenant}/deliveries/{(string)delivery["id"]!}"), []);
            Assert.Equal(words, (string?)JsonNode.Parse(await visitor.Page.GetByLabel("What it tells").InputValueAsync())!["cause"]);
        }

        await visitor.LookAsync("hostile-delivery");
    }

    private static async Task AssertTextAsync(Visitor visitor, Uri page, IReadOnlyList<string> names)
    {
        await visitor.GoAsync(page);
        var shown = await visitor.Page.Locator("main").TextContentAsync() ?? "";
        Assert.All(names, name => Assert.Contains(name[..Math.Min(name.Length, 100)], shown, StringComparison.Ordinal));
        Assert.Equal("undefined", await visitor.Page.EvaluateAsync<string>("typeof window.ran"));
        Assert.Equal(0, await visitor.Page.Locator("main :is(script, img, i, b, a[href^=javascript])").CountAsync());
    }

    private async Task AddLocationsAsync(string tenant, string connection)
    {
        var now = TimeProvider.System.GetUtcNow();
        var locations = s_names.Select((name, place) => new MappedLocation
        {
            Connection = new ConnectionId(connection.Split('/')[^1]),
            Tenant = new TenantId(tenant.Split('/')[^1]),
            DiscoveredAt = now,
            Location = new Location { Ref = new ExternalRef(Stage.Rotating, $"L{place}"), Name = name, Address = name, TimeZone = "Europe/Berlin", Currency = "EUR", Active = true },
        });
        await stage.Get<IRegistry>().WriteAsync(
            transaction =>
            {
                foreach (var location in locations)
                {
                    transaction.Put(MappedLocation.Collection, location);
                }
            },
            Token);
    }
}
