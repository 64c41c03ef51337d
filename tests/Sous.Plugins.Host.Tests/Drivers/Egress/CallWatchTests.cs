using Microsoft.AspNetCore.Http;
using Sous.Plugins.Host.Drivers.Egress;

namespace Sous.Plugins.Host.Tests.Drivers.Egress;

/// <summary>Which calls count as answered where a driver makes several at once; what a listing makes of it is in the guards' tests.</summary>
public sealed class CallWatchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_that_is_given_up_once_the_same_was_answered_beside_it_was_answered()
    {
        var (asked, canceled) = (new TaskCompletionSource(), new CancellationTokenSource());
        await using var service = await LoopbackService.StartAsync(async (context, number) =>
        {
            if (number == 1)
            {
                asked.SetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        });
        using var watch = new CallWatch { InnerHandler = new SocketsHttpHandler() };
        using var http = new HttpClient(watch) { BaseAddress = service.Address };
        var calls = watch.Begin();
        var slow = http.GetAsync(new Uri("page", UriKind.Relative), canceled.Token);
        await asked.Task.WaitAsync(Token);

        (await http.GetAsync(new Uri("page", UriKind.Relative), Token)).Dispose();
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);

        Assert.Null(calls.Any);
        canceled.Dispose();
    }

    [Theory]
    [InlineData(501, null)]
    [InlineData(404, null)]
    [InlineData(503, "GET /page (503)")]
    [InlineData(429, "GET /page (429)")]
    public async Task Whether_an_answer_can_be_used_is_told_by_its_status_and_a_later_one_makes_up_for_it(int status, string? unanswered)
    {
        await using var service = await LoopbackService.StartAsync((context, number) =>
        {
            context.Response.StatusCode = number == 1 ? status : StatusCodes.Status200OK;
            return Task.CompletedTask;
        });
        using var watch = new CallWatch { InnerHandler = new SocketsHttpHandler() };
        using var http = new HttpClient(watch) { BaseAddress = service.Address };
        var calls = watch.Begin();

        (await http.GetAsync(new Uri("page?key=secret", UriKind.Relative), Token)).Dispose();

        Assert.Equal(unanswered, calls.Any?.Message.Split(" after ")[1].Split(':')[0]);
        (await http.GetAsync(new Uri("page?key=secret", UriKind.Relative), Token)).Dispose();
        Assert.Null(calls.Any);
    }

    [Fact]
    public async Task A_call_that_would_go_past_the_hosts_handlers_is_not_sent()
    {
        await using var service = await LoopbackService.StartAsync(static (_, _) => Task.CompletedTask);
        using var watch = new CallWatch { InnerHandler = new SocketsHttpHandler() };
        using var http = new HttpClient(watch) { BaseAddress = service.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "page");

        Assert.Throws<NotSupportedException>(() => http.Send(request, Token));

        Assert.Empty(service.Asked);
    }
}
