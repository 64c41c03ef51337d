using System.Net;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>
/// The one place that repeats a request: up to four tries of a GET or of a POST (a driver's POSTs are queries), each with
/// its own deadline. A wait that the service asks for is kept to the second; a long one is the caller's to plan.
/// </summary>
internal sealed partial class RetryHandler : DelegatingHandler
{
    /// <summary>The longest wait asked for that is waited out here.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);

    private const long LargestQuery = 16 << 20;

    private readonly ResiliencePipeline<HttpResponseMessage> _repeated;
    private readonly ResiliencePipeline<HttpResponseMessage> _once;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    public RetryHandler(TimeProvider clock, ILogger logger)
    {
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
                DelayGenerator = arguments => new ValueTask<TimeSpan?>(ReadWait(arguments.Outcome.Result)),
                OnRetry = Report,
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = AttemptTimeout })
            .Build();
        _once = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddTimeout(new TimeoutStrategyOptions { Timeout = AttemptTimeout })
            .Build();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var repeatable = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Post;
        if (repeatable && request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(LargestQuery, cancellationToken);
        }

        try
        {
            return await (repeatable ? _repeated : _once).ExecuteAsync(
                static async (call, token) => await call.Handler.AttemptAsync(call.Request, token),
                (Handler: this, Request: request),
                cancellationToken);
        }
        catch (TimeoutRejectedException e)
        {
            throw new HttpRequestException($"{request.RequestUri?.IdnHost} did not answer within {AttemptTimeout.TotalSeconds:0} s.", new TimeoutException(e.Message, e));
        }
    }

    private Task<HttpResponseMessage> AttemptAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);

    private bool IsWorthAnotherTry(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException { InnerException: EgressRefusedException } } => false,
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Result.StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (>= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented) }
            => (ReadWait(outcome.Result) ?? TimeSpan.Zero) <= LongestWait,
        _ => false,
    };

    /// <summary>How long the service asks to wait, or null where it does not say.</summary>
    private TimeSpan? ReadWait(HttpResponseMessage? response)
    {
        var asked = response?.Headers.RetryAfter;
        var wait = asked?.Delta ?? (asked?.Date - _clock.GetUtcNow());
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

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
