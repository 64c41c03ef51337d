using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Guards;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Telemetry;

[Collection(nameof(Alone))]
public sealed partial class MetricsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task This_machine_reads_the_metrics_without_a_key_and_others_with_an_admins()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.PostAsync("/api/v1/tenants", new { id = "mine" }, HttpStatusCode.Created);
        var tenantKey = (await host.PostAsync("/api/v1/keys", new { scope = "tenant:mine" }, HttpStatusCode.Created)).GetProperty("key").GetString();
        var adminKey = host.Admin.DefaultRequestHeaders.Authorization!.Parameter;

        Assert.Equal(HttpStatusCode.OK, await AskAsync(host, null, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(host, "X-Forwarded-For", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(host, "Host", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(host, "Via", "sk_none"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(host, "Forwarded", tenantKey));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(host, "X-Forwarded-For", adminKey));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", "localhost:5080", true)]
    [InlineData("::1", "::1", "[::1]:5080", true)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", "127.0.0.1", true)]
    [InlineData("10.0.0.5", "10.0.0.4", "10.0.0.4", false)]
    [InlineData("10.0.0.5", "10.0.0.4", "localhost", false)]
    [InlineData("127.0.0.1", "127.0.0.1", "rebound.example", false)]
    public void A_request_is_of_this_machine_by_its_addresses_and_the_name_that_it_asks(string remote, string local, string asked, bool isOurs)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(remote);
        context.Connection.LocalIpAddress = IPAddress.Parse(local);
        context.Request.Headers.Host = asked;

        Assert.Equal(isOurs, LoopbackAddress.IsFrom(context));
    }

    [Fact]
    public async Task A_sync_shows_in_the_metrics_and_nobodys_name_does()
    {
        await using var synced = await SyncedToast.StartAsync(Token);
        var (host, toast, connection) = (synced.Host, synced.Toast, synced.Connection);
        await host.RunAsync(connection, "sales");
        var metrics = await ReadAsync(host.Worker);

        Assert.Equal(1, ValueOf(metrics, "sous_connection_count", "sous_driver=\"toast\"", "sous_status=\"ok\""));
        Assert.Equal(0, ValueOf(metrics, "sous_connection_count", "sous_driver=\"toast\"", "sous_status=\"paused\""));
        Assert.Equal(1, ValueOf(metrics, "sous_scope_count", "sous_driver=\"toast\"", "sous_stream=\"sales\""));
        Assert.Equal(0, ValueOf(metrics, "sous_scope_stale", "sous_driver=\"toast\"", "sous_stream=\"sales\""));
        Assert.True(ValueOf(metrics, "sous_feed_head") >= 20);
        Assert.Equal(0, ValueOf(metrics, "sous_delivery_count", "sous_status=\"dead\""));
        Assert.Equal(20, ValueOf(metrics, "sous_run_records_total", "sous_driver=\"toast\"", "sous_stream=\"sales\"", "sous_kind=\"inserted\""));
        Assert.True(ValueOf(metrics, "sous_run_duration_seconds_count", "sous_stream=\"sales\"", "sous_outcome=\"completed\"") >= 1);
        Assert.True(ValueOf(metrics, "sous_run_lateness_seconds_count", "sous_driver=\"toast\"", "sous_trigger=\"request\"") >= 1);
        Assert.True(ValueOf(metrics, "sous_call_duration_seconds_count", "sous_driver=\"toast\"", "http_response_status_code=\"200\"") >= 1);
        Assert.True(ValueOf(metrics, "sous_call_wait_seconds_count", "sous_driver=\"toast\"", "sous_priority=\"incremental\"") >= 1);
        Assert.Equal(0, ValueOf(metrics, "sous_call_waiting", "sous_driver=\"toast\""));
        Assert.Contains("http_server_request_duration_seconds_count", metrics, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections", metrics, StringComparison.Ordinal);
        Assert.All(["t1", connection, toast.Truth.Restaurants[0].Id, toast.ClientSecret, toast.Options.ClientId], name => Assert.DoesNotMatch($@"\b{Regex.Escape(name)}\b", metrics));
    }

    [Fact]
    public async Task What_is_no_more_counts_as_none()
    {
        await using var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0, RateLimits = false }, TimeProvider.System, Token);
        await using var host = await GuardedHost.StartAsync(("toast", toast.Address, toast.Options.ClientId, toast.ClientSecret));
        var connection = await host.BindAsync("toast", new { restaurants = new[] { toast.Truth.Restaurants[0].Id } });
        var before = await ReadAsync(host.Worker);
        await host.Worker.PostAsync($"/api/v1/tenants/t1/connections/{connection}/pause", new { }, HttpStatusCode.OK);
        var after = await ReadAsync(host.Worker);

        Assert.Equal((1, 0), (ValueOf(before, "sous_connection_count", "sous_status=\"ok\""), ValueOf(before, "sous_connection_count", "sous_status=\"paused\"")));
        Assert.Equal((0, 1), (ValueOf(after, "sous_connection_count", "sous_status=\"ok\""), ValueOf(after, "sous_connection_count", "sous_status=\"paused\"")));
    }

    [Fact]
    public async Task Webhooks_and_deliveries_show_by_what_became_of_them()
    {
        await using var receiver = await WebhookReceiver.StartAsync(Token);
        await using var host = await RunningWorker.StartAsync();
        await host.PostAsync("/api/v1/tenants", new { id = "t1" }, HttpStatusCode.Created);
        await host.PostAsync("/api/v1/tenants/t1/subscriptions", new { url = receiver.Address }, HttpStatusCode.Created);
        using var anybody = new HttpClient { BaseAddress = host.Address };
        using var known = await anybody.PostAsync("/webhooks/square/guessed", null, Token);
        using var unknown = await anybody.PostAsync("/webhooks/canary/canary", null, Token);
        await host.Worker.Get<EventLog>().WriteAsync(
            static transaction => EventLog.Append(transaction, new PlatformEvent { Type = "connection.ok", Tenant = new TenantId("t1"), At = TimeProvider.System.GetUtcNow(), Connection = new ConnectionId("con_canary") }),
            Token);
        var metrics = "";
        await AuthorizationApp.EventuallyAsync(async () => ValueOf(metrics = await ReadAsync(host), "sous_delivery_duration_seconds_count", "sous_outcome=\"delivered\"") > 0);

        Assert.Equal(1, ValueOf(metrics, "sous_webhook_duration_seconds_count", "sous_driver=\"square\"", "sous_outcome=\"refused\""));
        Assert.Equal(1, ValueOf(metrics, "sous_webhook_duration_seconds_count", "sous_driver=\"unknown\"", "sous_outcome=\"refused\""));
        Assert.DoesNotContain("canary", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(receiver.Address.Authority, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refreshes_show_by_how_they_ended()
    {
        await using var app = await AuthorizationApp.StartAsync(TestDriver.Load(TestDriver.Id));
        var connection = await app.ConnectAsync();
        var outcomes = new ConcurrentQueue<object?>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, heard) =>
        {
            if (instrument.Name == "sous.refresh.duration" && instrument.Meter.Scope == app.Get<IMeterFactory>())
            {
                heard.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => outcomes.Enqueue(tags.ToArray().Single(static tag => tag.Key == HostMeter.Outcome).Value));
        listener.Start();

        await app.Get<CredentialRefresher>().RefreshAsync(connection.Id, 1, Urgency.Live, Token);

        Assert.Equal("completed", Assert.Single(outcomes));
    }

    [Fact]
    public async Task The_readme_lists_just_the_instruments_that_there_are()
    {
        await using var host = await RunningWorker.StartAsync();
        var there = new SortedSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) => there.Add(Row(instrument));
        foreach (var room in typeof(HostMeter).Assembly.GetTypes().Where(static type => type.Name.EndsWith("Metrics", StringComparison.Ordinal)))
        {
            Assert.NotNull(host.Worker.Get<IServiceProvider>().GetService(room));
        }

        listener.Start();
        var readme = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(PluginsTree.Artifacts)!, "host", "README.md"), Token);

        Assert.NotEmpty(there);
        Assert.Equal(there.Where(static row => row.StartsWith("sous.", StringComparison.Ordinal)), Listed().Matches(readme).Select(static row => $"{row.Groups[1].Value} {row.Groups[2].Value}").Order(StringComparer.Ordinal));
    }

    private static async Task<string> ReadAsync(RunningWorker host)
    {
        await host.Worker.Get<StandingReader>().ReadAsync(Token);
        return await host.Admin.GetStringAsync("/metrics", Token);
    }

    private static string Row(Instrument instrument) => $"{instrument.Name} {instrument.Unit}";

    private static async Task<HttpStatusCode> AskAsync(RunningWorker host, string? header, string? key)
    {
        using var client = new HttpClient { BaseAddress = host.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation(header, "rebound.example");
        }

        using var response = await client.SendAsync(request, Token);
        return response.StatusCode;
    }

    private static double ValueOf(string metrics, string name, params string[] labels) => metrics.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
        .Select(static line => double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], System.Globalization.CultureInfo.InvariantCulture))
        .DefaultIfEmpty(-1)
        .Sum();

    [GeneratedRegex(@"^\| `(sous\.[a-z._]+)` \| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Listed();
}
