using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>A DLL that was compiled against the first contract of this major, as it was packed, does its work in this host.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class FirstContractTests : IDisposable
{
    private const int Sales = 5;

    private readonly PluginsTree _tree = new();
    private readonly Shop _shop = new();
    private readonly TillHandler _till = new();
    private readonly HttpClient _http;

    public FirstContractTests()
    {
        _http = new HttpClient(_till);
        _shop.Open("L1");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_loads_with_all_that_it_can_do_and_answers_a_probe()
    {
        var loaded = await LoadAsync();
        await using var driver = loaded.Factory.Create(Context(loaded));

        var probe = await driver.ProbeAsync(Token);

        Assert.Equal(("a1", "First"), (probe.AccountId, probe.AccountName));
        Assert.Equal(Enum.GetValues<DriverCapability>().ToHashSet(), loaded.Capabilities.ToHashSet());
    }

    [Fact]
    public async Task Its_sales_and_catalogue_are_synced_page_by_page()
    {
        // Arrange
        var loaded = await LoadAsync();
        _shop.Manifest = loaded.Manifest;
        _shop.Instead = () => loaded.Factory.Create(Context(loaded));
        await using var host = await SyncingHost.OpenAsync(_shop);

        // Act
        var (sales, _) = await host.RunAsync();
        var (catalog, _) = await host.RunAsync(StreamName.Catalog);

        // Assert
        Assert.True((sales.Outcome, catalog.Outcome) == (SyncOutcome.Completed, SyncOutcome.Completed), $"{sales.Reason} {catalog.Reason}");
        Assert.Equal((Sales, 3), (sales.Inserted, sales.Pages));
        Assert.Equal(Enumerable.Range(0, Sales).Select(static i => $"s{i}"), await host.FedSalesAsync());
        Assert.Equal(("5", 3), (await host.CheckpointAsync("L1"), catalog.Inserted));
    }

    [Fact]
    public async Task Its_other_abilities_answer_what_is_asked_of_them_now()
    {
        var loaded = await LoadAsync();
        var (messages, receiver) = ((ITokenMessages)loaded.Factory, (IWebhookReceiver)loaded.Factory);
        await using var driver = loaded.Factory.Create(Context(loaded));
        var location = Assert.Single(await ((Sdk.Locations.ILocationDirectory)driver).DiscoverLocationsAsync(Token));
        var webhook = new WebhookRequest { RegisteredAddress = new Uri("https://sous.example/w"), Headers = new Dictionary<string, string>(), Body = "created"u8.ToArray() };

        var totals = await ((IBusinessDayTotals)driver).ReadDayTotalsAsync(location, new DateOnly(2026, 3, 14), Token);

        Assert.Equal((true, new Money(1250, "EUR")), (totals.Complete, totals.Net));
        Assert.All(Enum.GetValues<TokenExchange>(), exchange => Assert.NotNull(messages.Describe(exchange)));
        Assert.Null(messages.Describe((TokenExchange)99));
        Assert.Equal(WebhookVerdict.Forged, receiver.Verify(webhook, new Secret("s"), DateTimeOffset.UnixEpoch));
        Assert.Equal(ServiceEventKind.OrderCreated, Assert.Single(receiver.Read(webhook)).Kind);
    }

    public void Dispose()
    {
        _http.Dispose();
        _till.Dispose();
        _tree.Dispose();
    }

    private async Task<LoadedDriver> LoadAsync()
    {
        _tree.Add("FirstContract");
        _tree.List(PluginsTree.Entry("first-contract", "FirstContract"));
        using var catalog = await _tree.LoadAsync();
        return PluginsTree.Get(catalog, "first-contract");
    }

    private DriverContext Context(LoadedDriver loaded) => new()
    {
        Http = _http,
        HttpHandler = _till,
        ApiAddress = loaded.Manifest.ApiAddress,
        Clock = TimeProvider.System,
        Logger = NullLogger.Instance,
        Settings = JsonSerializer.SerializeToElement(new { site = "main" }),
    };

    /// <summary>The service: an account and some sales.</summary>
    private sealed class TillHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var asked = request.RequestUri!.Query.TrimStart('?').Split('&').Where(static part => part.Contains('=', StringComparison.Ordinal))
                .Select(static part => part.Split('=')).ToDictionary(static part => part[0], static part => int.Parse(part[1], CultureInfo.InvariantCulture));
            object answer = request.RequestUri.AbsolutePath == "/account"
                ? "First"
                : Enumerable.Range(0, Sales).Skip(asked["skip"]).Take(asked["take"]).Select(static i => new { id = $"s{i}", total = 100 * i });
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(answer) });
        }
    }
}
