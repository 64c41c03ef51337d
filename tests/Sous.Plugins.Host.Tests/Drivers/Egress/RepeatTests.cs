using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Tests.Backup;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Drivers.Egress;

/// <summary>What is sent a second time, and what never is. A wait that nobody ends fails its test by a timeout: the clock is fake.</summary>
public sealed class RepeatTests : IDisposable
{
    private readonly TimerClock _clock = new();
    private readonly OrdinaryHost _host = new();

    [Theory(Timeout = 120_000)]
    [InlineData("GET", 500, 4)]
    [InlineData("OPTIONS", 408, 4)]
    [InlineData("PUT", 500, 4)]
    [InlineData("DELETE", 502, 4)]
    [InlineData("POST", 502, 1)]
    [InlineData("POST", 503, 1)]
    [InlineData("POST", 408, 1)]
    [InlineData("PATCH", 500, 1)]
    [InlineData("GET", 404, 1)]
    [InlineData("GET", 501, 1)]
    public async Task A_failing_answer_is_tried_four_times_where_a_repeat_is_safe_and_may_help(string method, int status, int tries)
    {
        await using var service = await LoopbackService.StartAsync((context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);
        using var request = new HttpRequestMessage(new HttpMethod(method), service.Address);

        var call = client.SendAsync(request, TestContext.Current.CancellationToken);
        for (var i = 1; i < tries; i++)
        {
            _clock.Advance(await _clock.NextWaitAsync());
        }

        using var answer = await call;
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(tries, service.Asked.Count);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_connection_that_breaks_is_tried_again()
    {
        await using var service = await LoopbackService.StartAsync((context, count) =>
        {
            if (count == 1)
            {
                context.Abort();
            }

            return Task.CompletedTask;
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);

        var call = client.GetAsync(service.Address, TestContext.Current.CancellationToken);
        _clock.Advance(await _clock.NextWaitAsync());

        using var answer = await call;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("POST")]
    [InlineData("PATCH")]
    public async Task What_may_have_been_carried_out_unheard_is_sent_once(string method)
    {
        await using var service = await LoopbackService.StartAsync(static (context, count) =>
        {
            if (count > 1)
            {
                context.Abort();
            }

            return Task.CompletedTask;
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);
        await client.GetStringAsync(service.Address, TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(new HttpMethod(method), service.Address) { Content = new StringContent("order") };

        await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal(["GET /", $"{method} / order"], service.Asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_POST_without_a_body_is_sent_once_though_its_connection_was_good_before_and_is_closed_in_order()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var asked = new List<string>();
        var serving = ServeAsync();
        var address = new Uri($"http://{listener.LocalEndpoint}/");
        using var http = CreateHttp(new() { ["Clients:fix_ture:ApiUrl"] = address.ToString() });
        using var client = CreateClient(http);
        await client.GetStringAsync(address, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync(address, null, TestContext.Current.CancellationToken));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);
        Assert.Equal(["GET / HTTP/1.1", "POST / HTTP/1.1"], asked);

        async Task ServeAsync()
        {
            var buffer = new byte[4096];
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(stop.Token);
                while (await socket.ReceiveAsync(buffer, stop.Token) is > 0 and var count)
                {
                    asked.Add(Encoding.ASCII.GetString(buffer, 0, count).Split('\r')[0]);
                    if (asked.Count > 1)
                    {
                        break;
                    }

                    await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop.Token);
                }
            }
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(502)]
    [InlineData(null)]
    public async Task A_POST_that_says_that_it_only_reads_is_tried_again(int? status)
    {
        await using var service = await LoopbackService.StartAsync((context, count) =>
        {
            context.Response.StatusCode = count == 1 ? status ?? 200 : 200;
            if (count == 1 && status is null)
            {
                context.Abort();
            }

            return Task.CompletedTask;
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);
        using var request = new HttpRequestMessage(HttpMethod.Post, service.Address) { Content = new StringContent("search") };
        request.Options.Set(ServiceRequest.OnlyReads, true);

        var call = client.SendAsync(request, TestContext.Current.CancellationToken);
        _clock.Advance(await _clock.NextWaitAsync());

        using var answer = await call;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["POST / search", "POST / search"], service.Asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_POST_that_could_not_be_sent_is_tried_again()
    {
        await using var service = await LoopbackService.StartAsync((_, _) => Task.CompletedTask);
        var address = new Uri($"http://orders.example:{service.Address.Port}/");
        var lookups = 0;
        using var http = CreateHttp(new() { ["Clients:fix_ture:ApiUrl"] = address.ToString() }, (_, _) => ++lookups switch
        {
            1 => throw new SocketException((int)SocketError.HostNotFound),
            // Nobody listens there.
            2 => Task.FromResult(new[] { IPAddress.Parse("127.0.0.2") }),
            _ => Task.FromResult(new[] { IPAddress.Loopback }),
        });
        using var client = CreateClient(http);

        var call = client.PostAsync(address, new StringContent("order"), TestContext.Current.CancellationToken);
        _clock.Advance(await _clock.NextWaitAsync());
        _clock.Advance(await _clock.NextWaitAsync());

        using var answer = await call;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["POST / order"], service.Asked);
    }

    public void Dispose() => _host.Dispose();

    private static Dictionary<string, string?> Operator(LoopbackService service) => new() { ["Clients:fix_ture:ApiUrl"] = service.Address.ToString() };

    private DriverHttp CreateHttp(Dictionary<string, string?> settings, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var budgets = new CallBudgets(configuration, _clock);
        return new DriverHttp(configuration, _host.Adoption, budgets, new EgressMetrics(Meters.New(), budgets), _clock, NullLogger<DriverHttp>.Instance) { Resolve = resolve ?? ((_, _) => throw new SocketException()) };
    }

    private static HttpClient CreateClient(DriverHttp http) => new(http.CreateHandler(FixtureDriver.Of(FixtureDriver.Manifest), Lane, null));

    private static readonly CallLane Lane = new(new ConnectionId("con_1"), CallPriority.Live);
}
