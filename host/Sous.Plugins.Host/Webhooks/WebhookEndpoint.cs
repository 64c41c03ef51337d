using System.Buffers;
using System.Threading.RateLimiting;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Webhooks;

/// <summary><c>POST /webhooks/{driver}/{key}</c>: no key of the API is asked for, and no answer has a body.</summary>
internal sealed class WebhookEndpoint(WebhookAddresses addresses, WebhookIntake intake, WebhookMetrics metrics, WebhookTallies tallies, DriverLookup drivers, Adoption adoption, TimeProvider clock) : IDisposable
{
    private const int Limit = 1 << 20;
    private const int FirstBuffer = 16 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_comeAgain = TimeSpan.FromSeconds(5);

    // Bodies in memory at once; who waits for a turn has not been read yet.
    private readonly ConcurrencyLimiter _turns = new(new ConcurrencyLimiterOptions { PermitLimit = 64, QueueLimit = 2_048, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    public static bool IsFor(PathString path) => path.StartsWithSegments("/webhooks");

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/webhooks/{driver}/{key}", static (string driver, string key, HttpContext context, WebhookEndpoint endpoint) => endpoint.TakeAsync(new DriverId(driver), key, context))
        .AllowAnonymous()
        .ServesUnadopted();

    /// <summary>What no webhook can be sent to answers as a wrong address does.</summary>
    public static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    /// <summary>Trouble of our own: a service that is told 4xx may never send it again.</summary>
    public static void AskToComeAgain(HttpResponse response)
    {
        Problems.AskToWait(response, s_comeAgain);
        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
    }

    public void Dispose() => _turns.Dispose();

    private async Task TakeAsync(DriverId driver, string key, HttpContext context)
    {
        var came = clock.GetTimestamp();
        var status = await JudgeAsync(driver, key, context.Request, context.RequestAborted);
        metrics.Answered(driver, status, clock.GetElapsedTime(came));
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            AskToComeAgain(context.Response);
        }
        else
        {
            context.Response.StatusCode = status;
        }
    }

    private async Task<int> JudgeAsync(DriverId driver, string key, HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > Limit)
        {
            return StatusCodes.Status413PayloadTooLarge;
        }

        // A restored copy must not take what the host that it was taken of may still be sent.
        if (await adoption.FindWaitingAsync(cancellationToken) is not null)
        {
            return StatusCodes.Status503ServiceUnavailable;
        }

        if (await addresses.FindAsync(driver, key, cancellationToken) is not { } source)
        {
            if (UntoldChanges.IsRegistered(drivers(driver)?.Capabilities))
            {
                tallies.Stray(driver);
            }

            return StatusCodes.Status401Unauthorized;
        }

        using var turn = await _turns.AcquireAsync(1, cancellationToken);
        if (!turn.IsAcquired)
        {
            return StatusCodes.Status503ServiceUnavailable;
        }

        using var deadline = new CancellationTokenSource(s_patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await ReadAsync(request, both.Token) is { } body ? StatusOf(await intake.TakeAsync(source, HeadersOf(request), body, cancellationToken)) : StatusCodes.Status413PayloadTooLarge;
        }
        catch (BadHttpRequestException e)
        {
            // What did not come whole is sent again only after a 5xx, and the way here may be to blame.
            return e.StatusCode == StatusCodes.Status413PayloadTooLarge ? e.StatusCode : StatusCodes.Status503ServiceUnavailable;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return StatusCodes.Status503ServiceUnavailable;
        }
    }

    private static int StatusOf(IntakeEnd end) => end switch
    {
        IntakeEnd.Kept => StatusCodes.Status200OK,
        IntakeEnd.Refused => StatusCodes.Status401Unauthorized,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    /// <returns>The raw body, or null where it is too large: what is beyond is not read.</returns>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>((int)(request.ContentLength + 1 ?? FirstBuffer));
        while (body.WrittenCount <= Limit)
        {
            var read = await request.Body.ReadAsync(body.GetMemory(), cancellationToken);
            if (read == 0)
            {
                return body.WrittenMemory;
            }

            body.Advance(read);
        }

        return null;
    }

    private static Dictionary<string, string> HeadersOf(HttpRequest request)
        => request.Headers.ToDictionary(static header => header.Key, static header => string.Join(',', (IEnumerable<string?>)header.Value), StringComparer.OrdinalIgnoreCase);
}
