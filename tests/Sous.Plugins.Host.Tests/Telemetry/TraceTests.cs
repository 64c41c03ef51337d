using System.Collections.Concurrent;
using System.Diagnostics;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Deliveries;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Telemetry;

public sealed class TraceTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public TraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == HostMeter.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_is_a_trace_with_a_span_for_each_page_and_tells_no_secret()
    {
        await using var synced = await SyncedToast.StartAsync(Token);
        var (host, toast, connection) = (synced.Host, synced.Toast, synced.Connection);
        var run = await host.RunAsync(connection, "sales");
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(RunOf(run.GetProperty("id").GetString()) is not null));

        var span = RunOf(run.GetProperty("id").GetString())!;
        Assert.Equal((null, connection, "toast", "sales", "completed"), (span.ParentId, span.GetTagItem("sous.connection"), span.GetTagItem("sous.driver"), span.GetTagItem("sous.stream"), span.GetTagItem("sous.outcome")));
        var pages = _spans.Where(page => page.OperationName == "sous.page" && _spans.Any(of => of.Id == page.ParentId && connection.Equals(of.GetTagItem("sous.connection")) && "sales".Equals(of.GetTagItem("sous.stream"))));
        Assert.Equal(20, pages.Sum(static page => (int)page.GetTagItem("sous.records")!));
        var told = string.Join('\n', _spans.SelectMany(static one => one.TagObjects.Select(static tag => $"{tag.Value}").Append(one.StatusDescription)));
        Assert.DoesNotContain(toast.ClientSecret, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refresh_is_a_trace_of_its_own()
    {
        await using var app = await AuthorizationApp.StartAsync(TestDriver.Load(TestDriver.Id));
        var connection = await app.ConnectAsync();
        using var request = new Activity("request").Start();

        await app.Get<CredentialRefresher>().RefreshAsync(connection.Id, 1, Urgency.Live, Token);

        var span = Assert.Single(_spans, span => span.OperationName == "sous.refresh" && connection.Id.Value.Equals(span.GetTagItem("sous.connection")));
        Assert.Equal((null, "completed", ActivityStatusCode.Unset), (span.ParentId, span.GetTagItem("sous.outcome"), span.Status));
    }

    [Fact]
    public async Task Each_attempt_to_deliver_is_a_trace_and_says_what_went_wrong()
    {
        await using var deliverer = await Deliverer.StartAsync();
        deliverer.Receiver.Answer = static (_, _) => Task.FromResult(500);
        await deliverer.SubscribeAsync();
        await deliverer.TellAsync("con_traced", "connection.ok");
        await deliverer.EventuallyAsync(() => !deliverer.Receiver.Requests.IsEmpty);
        await deliverer.SettleAsync();
        var delivery = (await deliverer.DeliveriesAsync())[0].GetProperty("id").GetString()!;
        await deliverer.EventuallyAsync(() => _spans.Any(span => delivery.Equals(span.GetTagItem("sous.delivery"))));

        var span = Assert.Single(_spans, span => delivery.Equals(span.GetTagItem("sous.delivery")));
        Assert.Equal(("sous.delivery", "pending", ActivityStatusCode.Error, "It answered 500."), (span.OperationName, span.GetTagItem("sous.outcome"), span.Status, span.StatusDescription));
    }

    public void Dispose() => _listener.Dispose();

    private Activity? RunOf(string? id) => _spans.FirstOrDefault(span => span.OperationName == "sous.run" && id!.Equals(span.GetTagItem("sous.run")));
}
