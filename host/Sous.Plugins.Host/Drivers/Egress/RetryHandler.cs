using System.Net;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>
/// The one place that repeats a request: up to four tries, each at its turn by the budget, which keeps a wait that the service asks for to the second, and then
/// with its own deadline. A long wait is the caller's to plan. What is not idempotent (RFC 9110, 9.2.2) and does not say that it only reads
/// is repeated only where it certainly was not carried out: it could not be sent, or the service refused it for its pace.
/// </summary>
internal sealed partial class RetryHandler : DelegatingHandler
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Of a request, in bytes: it is kept, to be sent again.</summary>
    public const long LargestBody = 16 << 20;

    private readonly ResiliencePipeline<HttpResponseMessage> _repeated;
    private readonly ResiliencePipeline<HttpResponseMessage> _unsent;
    private readonly ResiliencePipeline<HttpResponseMessage> _attempt;
    private readonly DriverId _driver;
    private readonly CallBudget _budget;
    private readonly Func<CallLane, ServiceWord, Task> _heed;
    private readonly EgressMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    public RetryHandler(DriverId driver, CallBudget budget, Func<CallLane, ServiceWord, Task> heed, EgressMetrics metrics, TimeProvider clock, ILogger logger)
    {
        (_driver, _budget, _heed, _metrics) = (driver, budget, heed, metrics);
        _clock = clock;
        _logger = logger;
        _repeated = Repeat(IsWorthAnotherTry);
        _unsent = Repeat(outcome => IsWorthAnotherTry(outcome) && WasNotCarriedOut(outcome));
        _attempt = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddTimeout(new TimeoutStrategyOptions { Timeout = AttemptTimeout })
            .Build();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isRepeatable = IsRepeatable(request);
        if (!isRepeatable)
        {
            // What has no body the framework sends again by itself where a connection that was kept turns out to be closed.
            request.Content ??= new ByteArrayContent([]);
        }

        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(LargestBody, cancellationToken);
        }

        try
        {
            return await (isRepeatable ? _repeated : _unsent).ExecuteAsync(static async (call, token) => await call.Handler.AttemptAsync(call.Request, token), (Handler: this, Request: request), cancellationToken);
        }
        catch (TimeoutRejectedException e)
        {
            throw new HttpRequestException($"{request.RequestUri?.IdnHost} did not answer within {AttemptTimeout.TotalSeconds:0} s.", new TimeoutException(e.Message, e));
        }
    }

    private static bool IsRepeatable(HttpRequestMessage request)
        => request.Method.Method is "GET" or "HEAD" or "OPTIONS" or "PUT" or "DELETE" || (request.Options.TryGetValue(ServiceRequest.OnlyReads, out var onlyReads) && onlyReads);

    private ResiliencePipeline<HttpResponseMessage> Repeat(Predicate<Outcome<HttpResponseMessage>> when) => new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = _clock }
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = 3,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(500),
            MaxDelay = TimeSpan.FromSeconds(20),
            ShouldHandle = arguments => new ValueTask<bool>(when(arguments.Outcome)),
            DelayGenerator = arguments => new ValueTask<TimeSpan?>(WaitHere(arguments.Outcome.Result)),
            OnRetry = Report,
        })
        .Build();

    private async Task<HttpResponseMessage> AttemptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var lane = request.Options.TryGetValue(CallLane.Key, out var set) ? set : throw new InvalidOperationException("The request came past the connection's handler.");
        var asked = _clock.GetTimestamp();
        await _budget.WaitAsync(lane, cancellationToken);
        _metrics.Waited(_driver, lane.Priority, _clock.GetElapsedTime(asked));
        if (cancellationToken.IsCancellationRequested)
        {
            _budget.Return(lane);
            cancellationToken.ThrowIfCancellationRequested();
        }

        var answer = await TimedAsync(request, cancellationToken);
        await _heed(lane, ServiceWord.Read(answer, _clock.GetUtcNow()));
        return answer;
    }

    private async Task<HttpResponseMessage> TimedAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = _clock.GetTimestamp();
        try
        {
            var answer = await _attempt.ExecuteAsync(static async (call, token) => await call.Handler.SendOnceAsync(call.Request, token), (Handler: this, Request: request), cancellationToken);
            _metrics.Answered(_driver, answer.StatusCode, _clock.GetElapsedTime(sent));
            return answer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _metrics.Failed(_driver, e, _clock.GetElapsedTime(sent));
            throw;
        }
    }

    private Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);

    private bool IsWorthAnotherTry(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException { InnerException: EgressRefusedException } } => false,
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Result.StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (>= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented) }
            => (ReadWait(outcome.Result) ?? TimeSpan.Zero) <= CallBudget.LongestWait,
        _ => false,
    };

    private bool WasNotCarriedOut(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException e } => e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError,
        { Result: { } answer } => ServiceWord.Read(answer, _clock.GetUtcNow()).IsRefusal,
        _ => false,
    };

    /// <returns>Nothing where the budget keeps the wait, for all calls; what the service asks for otherwise; null for the usual back-off.</returns>
    private TimeSpan? WaitHere(HttpResponseMessage? response)
        => response is not null && ServiceWord.Read(response, _clock.GetUtcNow()) is { IsRefusal: true, Wait: not null } ? TimeSpan.Zero : ReadWait(response);

    private TimeSpan? ReadWait(HttpResponseMessage? response) => response is null ? null : ServiceWord.ReadWait(response, _clock.GetUtcNow());

    private ValueTask Report(OnRetryArguments<HttpResponseMessage> arguments)
    {
        var status = (int?)arguments.Outcome.Result?.StatusCode;
        Log.Retrying(_logger, arguments.AttemptNumber + 1, status, arguments.RetryDelay);
        return default;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1040, Level = LogLevel.Debug, Message = "Try {Attempt} ended with {Status}; the next is in {Delay}.")]
        public static partial void Retrying(ILogger logger, int attempt, int? status, TimeSpan delay);
    }
}
