using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Dashboard;
using Sous.Plugins.Host.Tests.Guards;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Host.Tests.Webhooks;

/// <summary>The composed host and a Square whose webhooks are not registered, or are signed with another key.</summary>
public sealed class UnregisteredWebhooksTests : IAsyncLifetime
{
    private const string NewYork = "LHILLNEWYORK1";

    private SquareSimulator _square = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
        => _square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 5, WebhookSignatureKey = "SOUSCANARY-signature-key" }, cancellationToken: Token);

    public ValueTask DisposeAsync() => _square.DisposeAsync();

    [Fact]
    public async Task Webhooks_that_nobody_registered_at_Square_are_told_of_until_the_first_one_comes()
    {
        await using var host = await StartAsync("SOUSCANARY-signature-key");
        var connection = await ConnectAsync(host);
        Assert.False((await WebhookAsync(host)).TryGetProperty("untold", out _));
        await SellAsync(host, connection);

        var webhook = await WebhookAsync(host);
        var address = webhook.GetProperty("address").GetString()!;
        Assert.Equal(4, webhook.GetProperty("untold").GetProperty("changes").GetInt64());
        Assert.Contains($"Register exactly {address} at the service", webhook.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        var found = await DoctorAsync(host);
        Assert.Equal("warning", found.GetProperty("state").GetString());
        Assert.Contains("polling alone found 4 changes", found.GetProperty("says").GetString(), StringComparison.Ordinal);
        Assert.Contains(address, found.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Contains("sous_webhook_untold{", (await MetricsAsync(host)).Single(static line => line.EndsWith(" 4", StringComparison.Ordinal)), StringComparison.Ordinal);
        using var browser = await DashboardBrowser.SignInAsync(host.Worker, host.Worker.AdminKey());
        Assert.Contains("Its webhooks do not come", await browser.ReadAsync("/dashboard/drivers"), StringComparison.Ordinal);
        Assert.Contains("with the schedule alone", await browser.ReadAsync($"/dashboard/tenants/t1/connections/{connection}"), StringComparison.Ordinal);

        _square.Webhooks.Address = new Uri(address);
        _square.Changes.AddOrder(NewYork);
        await AuthorizationApp.EventuallyAsync(async () => !(await WebhookAsync(host)).TryGetProperty("untold", out _));

        Assert.Equal("ok", (await DoctorAsync(host)).GetProperty("state").GetString());
        Assert.All(await MetricsAsync(host), static line => Assert.EndsWith(" 0", line, StringComparison.Ordinal));
        Assert.DoesNotContain("Its webhooks do not come", await browser.ReadAsync("/dashboard/drivers"), StringComparison.Ordinal);
        Assert.DoesNotContain("with the schedule alone", await browser.ReadAsync($"/dashboard/tenants/t1/connections/{connection}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_Square_signs_with_another_key_it_is_told_how_many_were_refused_and_which_setting_is_wrong()
    {
        await using var host = await StartAsync("SOUSCANARY-an-old-key");
        var connection = await ConnectAsync(host);
        _square.Webhooks.Address = new Uri((await WebhookAsync(host)).GetProperty("address").GetString()!);

        await SellAsync(host, connection);
        await AuthorizationApp.EventuallyAsync(async () => (await WebhookAsync(host)).GetProperty("refused").GetInt64() > 0);

        var found = await DoctorAsync(host);
        Assert.Equal("warning", found.GetProperty("state").GetString());
        Assert.Matches("; [0-9]+ came that were not signed with the key that is set for this address\\.$", found.GetProperty("says").GetString());
        Assert.StartsWith("Set SOUS_Clients__square__WebhookSecret to the signature key", found.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("SOUSCANARY", found.ToString(), StringComparison.Ordinal);
    }

    private Task<GuardedHost> StartAsync(string key) => GuardedHost.StartAsync(
        [("Clients:square:WebhookSecret", key), ("Webhooks:UntoldChanges", "4"), ("Webhooks:UntoldFor", "00:00:00")],
        ("square", _square.Address, _square.Options.ClientId, _square.ClientSecret));

    /// <summary>And has all fetched that was there before.</summary>
    private static async Task<string> ConnectAsync(GuardedHost host)
    {
        var connection = await host.ConnectAsync("square");
        await host.MapAsync(connection, NewYork);
        Assert.Equal("completed", GuardedHost.OutcomeOf(await host.RunAsync(connection, "sales")));
        return connection;
    }

    /// <summary>Four orders, found by a run that was asked for.</summary>
    private async Task SellAsync(GuardedHost host, string connection)
    {
        for (var order = 0; order < 4; order++)
        {
            _square.Changes.AddOrder(NewYork);
        }

        Assert.Equal(4, (await host.RunAsync(connection, "sales")).GetProperty("inserted").GetInt64());
    }

    private static async Task<JsonElement> WebhookAsync(GuardedHost host)
        => (await host.Worker.Admin.GetFromJsonAsync<JsonElement>("/api/v1/drivers/square", Token)).GetProperty("webhook");

    private static async Task<JsonElement> DoctorAsync(GuardedHost host)
        => (await host.Worker.Admin.GetFromJsonAsync<JsonElement>("/api/v1/doctor", Token)).GetProperty("items").EnumerateArray()
            .Single(static item => item.GetProperty("check").GetString() == "registration square");

    private static async Task<IEnumerable<string>> MetricsAsync(GuardedHost host)
    {
        await host.Worker.Worker.Get<StandingReader>().ReadAsync(Token);
        return (await host.Worker.Admin.GetStringAsync("/metrics", Token)).Split('\n').Where(static line => line.StartsWith("sous_webhook_untold", StringComparison.Ordinal))
            .Select(static line => System.Text.RegularExpressions.Regex.Replace(line, " [0-9]{13}$", ""));
    }
}
