using System.Net;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>
/// The one place that repeats a request: up to four tries of a GET or of a POST (a driver's POSTs are queries, unless the host says of one that it acts), each at its turn by
/// the budget, which keeps a wait that the service asks for to the second, and then with its own deadline. A long wait is the caller's to plan.
/// </summary>
internal sealed partial class RetryHandler : DelegatingHandler
{
    /// <summary>Set on a request that may change something at the service: only a GET or HEAD of it is repeated.</summary>
    public static readonly HttpRequestOptionsKey<bool> Acts = new("sous.acts");

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);

    private const long LargestQuery = 16 << 20;

    private readonly ResiliencePipeline<HttpResponseMessage> _repeated;
    private readonly ResiliencePipeline<HttpResponseMessage> _attempt;
    private readonly DriverId _driver;
    private readonly CallBudget _budget;
    private readonly Func<ConnectionId, ServiceWord, Task> _heed;
    private readonly EgressMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    public RetryHandler(DriverId driver, CallBudget budget, Func<ConnectionId, ServiceWord, Task> heed, EgressMetrics metrics, TimeProvider clock, ILogger logger)
    {
        (_driver, _budget, _heed, _metrics) = (driver, budget, heed, metrics);
        _clock = clock;
        _logger = logger;
        _repeated = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = 3,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(500),
                MaxDelay = TimeSpan.FromSeconds(20),
                ShouldHandle = arguments => new ValueTask<bool>(IsWorthAnotherTry(arguments.Outcome)),
                DelayGenerator = arguments => new ValueTask<TimeSpan?>(ReadWait(arguments.Outcome.Result) is null ? null : TimeSpan.Zero),
                OnRetry = Report,
            })
            .Build();
        _attempt = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddTimeout(new TimeoutStrategyOptions { Timeout = AttemptTimeout })
            .Build();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var repeatable = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head
            || (request.Method == HttpMethod.Post && !(request.Options.TryGetValue(Acts, out var acts) && acts));
        if (repeatable && request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(LargestQuery, cancellationToken);
        }

        try
        {
            return repeatable
                ? await _repeated.ExecuteAsync(static async (call, token) => await call.Handler.AttemptAsync(call.Request, token), (Handler: this, Request: request), cancellationToken)
                : await AttemptAsync(request, cancellationToken);
        }
        catch (TimeoutRejectedException e)
        {
            throw new HttpRequestException($"{request.RequestUri?.IdnHost} did not answer within {AttemptTimeout.TotalSeconds:0} s.", new TimeoutException(e.Message, e));
        }
    }

    private async Task<HttpResponseMessage> AttemptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var lane = request.Options.TryGetValue(CallLane.Key, out var set) ? set : throw new InvalidOperationException("The request came past the connection's handler.");
        var asked = _clock.GetTimestamp();
        await _budget.WaitAsync(lane, cancellationToken);
        _metrics.Waited(_driver, lane.Priority, _clock.GetElapsedTime(asked));
        if (cancellationToken.IsCancellationRequested)
        {
            _budget.Return(lane.Connection);
            cancellationToken.ThrowIfCancellationRequested();
        }

        var answer = await TimedAsync(request, cancellationToken);
        await _heed(lane.Connection, ServiceWord.Read(answer, _clock.GetUtcNow()));
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
