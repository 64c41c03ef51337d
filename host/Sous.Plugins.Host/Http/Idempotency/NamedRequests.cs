using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Live.Proxy;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Http.Idempotency;

/// <summary>
/// Carries out a POST that its caller named at most once, and answers its repeats as it was answered: after the IETF's draft of
/// the Idempotency-Key header. A refusal is forgotten, since nothing was made; what became of a failure is not known. Safe for any number of threads.
/// </summary>
internal sealed partial class NamedRequests(IRegistry registry, TimeProvider clock, ILogger<NamedRequests> logger)
{
    public const string InFlight = "idempotency_in_flight";
    public const string Reused = "idempotency_key_reused";
    public const string Unknown = "idempotency_outcome_unknown";

    private readonly ConcurrentDictionary<string, bool> _inFlight = [];

    /// <summary>Whether a route takes the header: every one that is no repetition by itself. What is passed on is the service's to know again.</summary>
    public static bool AreTakenBy(IEnumerable<object> metadata, string method) => HttpMethods.IsPost(method) && !metadata.OfType<PassedOn>().Any();

    public async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint
            || !AreTakenBy(endpoint.Metadata, context.Request.Method)
            || context.Request.Headers[IdempotencyKey.Header] is not { Count: > 0 } header
            || context.Features.Get<Caller>() is not { } caller
            || ApiKeyHandler.TextOf(context.Request) is not { } apiKey)
        {
            await next(context);
            return;
        }

        if (!IdempotencyKey.TryRead(header, apiKey, out var key))
        {
            await Problems.Invalid((IdempotencyKey.Header, $"The header {IdempotencyKey.Header} is 1 to {IdempotencyKey.Longest} visible ASCII characters.")).ExecuteAsync(context);
            return;
        }

        if (!_inFlight.TryAdd(key.Id, true))
        {
            await Problems.Conflict(InFlight, "A request of this name is being carried out. Ask again for its answer.").ExecuteAsync(context);
            return;
        }

        try
        {
            await ServeOnceAsync(context, next, key, caller);
        }
        finally
        {
            _inFlight.TryRemove(key.Id, out _);
        }
    }

    private async Task ServeOnceAsync(HttpContext context, RequestDelegate next, IdempotencyKey key, Caller caller)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var request = new NamedRequest(caller.KeyId, key.Id, key.FingerprintOf(context.Request, body.GetBuffer().AsSpan(0, (int)body.Length)), clock.GetUtcNow());
        if (await registry.WriteAsync(request.Begin, context.RequestAborted) is { } known)
        {
            await RepeatAsync(context, key, request, known);
            return;
        }

        body.Position = 0;
        context.Request.Body = body;

        // Who goes away comes again and asks what became of it.
        context.RequestAborted = CancellationToken.None;
        await CarryOutAsync(context, next, key, request);
    }

    private static Task RepeatAsync(HttpContext context, IdempotencyKey key, NamedRequest request, NamedRequest known) => known switch
    {
        _ when known.Fingerprint != request.Fingerprint
            => Problems.Make(StatusCodes.Status422UnprocessableEntity, Reused, "The name is another request's.", $"Another request was sent under this {IdempotencyKey.Header}. Name each by one of its own.").ExecuteAsync(context),
        { Answer: { } answer } => key.Open(answer).WriteAsync(context.Response, context.RequestAborted),
        _ => Problems.Conflict(Unknown, "A request was sent under this name, and its answer is not known: the worker ended or failed amid it, or the answer was too long to be kept. Look whether it was carried out, and if not, send it under another name.").ExecuteAsync(context),
    };

    private async Task CarryOutAsync(HttpContext context, RequestDelegate next, IdempotencyKey key, NamedRequest request)
    {
        var (real, held) = (context.Response.Body, new MemoryStream());
        context.Response.Body = held;
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException)
        {
            await ForgetAsync(request);
            throw;
        }
        finally
        {
            context.Response.Body = real;
        }

        var answer = KeptAnswer.Of(context.Response, held.ToArray());
        await KeepAsync(request, answer, key);
        await real.WriteAsync(answer.Body, CancellationToken.None);
    }

    private async Task KeepAsync(NamedRequest request, KeptAnswer answer, IdempotencyKey key)
    {
        try
        {
            if (answer.Status is >= StatusCodes.Status400BadRequest and < StatusCodes.Status500InternalServerError)
            {
                await ForgetAsync(request);
            }
            else if (answer.Status < StatusCodes.Status400BadRequest && answer.Body.Length <= KeptAnswer.Longest)
            {
                await registry.WriteAsync(transaction => transaction.Put(NamedRequest.Collection, request with { Answer = key.Seal(answer) }), CancellationToken.None);
            }
        }
        catch (StorageException e)
        {
            // It was carried out: who asked has the answer, and a repeat is told that what became of it is not known.
            Log.NotKept(logger, e);
        }
    }

    private Task<bool> ForgetAsync(NamedRequest request)
        => registry.WriteAsync(transaction => transaction.Delete(NamedRequest.Collection, NamedRequest.Collection.KeyOf(request)), CancellationToken.None);

    private static partial class Log
    {
        [LoggerMessage(EventId = 2506, Level = LogLevel.Warning, Message = "The answer to a request with an Idempotency-Key could not be kept; its repeats are told that what became of it is not known.")]
        public static partial void NotKept(ILogger logger, Exception exception);
    }
}
