using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;

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
        var (visitor, _) = await stage.SignInAsync(tenant);
        await using var closing = visitor;
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
