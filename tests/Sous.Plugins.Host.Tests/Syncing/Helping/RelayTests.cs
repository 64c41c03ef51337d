using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Syncing.Helping;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing.Helping;

/// <summary>A driver's calls on a host that helps: what goes to the one that works, and what comes back.</summary>
public sealed class RelayTests
{
    private static readonly Uri s_address = new("https://api.example/v2/orders?cursor=a%20b");

    private RelayedCall? _call;
    private byte[]? _body;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_arrives_as_the_driver_made_it()
    {
        using var client = Client(new RelayedAnswer(200, []), null);
        using var request = new HttpRequestMessage(HttpMethod.Post, s_address) { Content = new StringContent("{\"a\":1}", Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("X-Several", ["one", "two"]);
        request.Options.Set(ServiceRequest.OnlyReads, true);

        using var answer = await client.SendAsync(request, Token);

        Assert.Equal(("POST", s_address, true), (_call!.Method, _call.Address, _call.OnlyReads));
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(_body!));
        Assert.Contains(new RelayedHeader("Content-Type", "application/json; charset=utf-8"), _call.Headers);
        Assert.Equal(["one", "two"], _call.Headers.Where(static header => header.Name == "X-Several").Select(static header => header.Value));
    }

    [Fact]
    public async Task A_call_without_a_body_arrives_without_one()
    {
        using var client = Client(new RelayedAnswer(204, []), null);

        using var answer = await client.GetAsync(s_address, Token);

        Assert.Null(_body);
        Assert.False(_call!.OnlyReads);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    [Fact]
    public async Task An_answer_comes_back_as_the_service_gave_it()
    {
        using var client = Client(new RelayedAnswer(429, [new("Retry-After", "7"), new("Content-Type", "application/json"), new("Link", "<a>"), new("Link", "<b>")]), "[]"u8.ToArray());

        using var answer = await client.GetAsync(s_address, Token);

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(RetryConditionHeaderValue.Parse("7"), answer.Headers.RetryAfter);
        Assert.Equal(["<a>", "<b>"], answer.Headers.GetValues("Link"));
        Assert.Equal(("application/json", "[]"), (answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync(Token)));
        Assert.Equal(s_address, answer.RequestMessage?.RequestUri);
    }

    [Fact]
    public async Task A_failure_is_the_same_on_both_hosts()
    {
        var refused = new DriverException(FailureKind.RateLimited, "No turn.", TimeSpan.FromSeconds(90), new TurnRefusedException()) { IsSuspect = true };
        using var client = Client(new RelayedAnswer(0, [], RelayedFailure.Of(refused)), null);
        using var other = Client(new RelayedAnswer(0, [], RelayedFailure.Of(new HttpRequestException(HttpRequestError.NameResolutionError, "No such host."))), null);

        var met = await Assert.ThrowsAsync<DriverException>(() => client.GetAsync(s_address, Token));
        var unsent = await Assert.ThrowsAsync<HttpRequestException>(() => other.GetAsync(s_address, Token));

        Assert.Equal((FailureKind.RateLimited, "No turn.", TimeSpan.FromSeconds(90), true), (met.Kind, met.Message, met.RetryAfter, met.IsSuspect));
        Assert.IsType<TurnRefusedException>(met.InnerException);
        Assert.Equal((HttpRequestError.NameResolutionError, "No such host."), (unsent.HttpRequestError, unsent.Message));
    }

    [Fact]
    public async Task A_host_that_cannot_be_reached_is_no_defect_of_the_driver_and_a_call_that_was_given_up_is_no_failure()
    {
        using var stop = new CancellationTokenSource();
        using var client = Client((_, _, _, _) => throw new InvalidOperationException("The other host is gone."));
        using var givenUp = Client(async (_, _, _, _) =>
        {
            await stop.CancelAsync();
            throw new InvalidOperationException("The other host is gone.");
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(s_address, Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp.GetAsync(s_address, stop.Token));
    }

    private HttpClient Client(RelayedAnswer answer, byte[]? body) => Client((_, head, sent, _) =>
    {
        (_call, _body) = (JsonSerializer.Deserialize(head, HelpingJson.Default.RelayedCall), sent);
        return Task.FromResult((JsonSerializer.SerializeToUtf8Bytes(answer, HelpingJson.Default.RelayedAnswer), body));
    });

    private static HttpClient Client(Func<string, byte[], byte[]?, CancellationToken, Task<(byte[] Head, byte[]? Body)>> send)
        => new(new RelayHandler("run_1", new WorkerLine(send, static (_, _) => Task.FromResult(RunAdvice.GoOn), static (_, _) => Task.CompletedTask)));
}
