using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>
/// Speaks to token and revocation endpoints: no redirects, 10 s, at most 256 KiB, JSON only. Whatever a service, a network or a
/// driver does wrong comes out as a <see cref="TokenResult"/>; only the caller's own cancelling is thrown.
/// </summary>
internal sealed partial class TokenClient(DriverHttp http, TimeProvider clock, ILogger<TokenClient> logger)
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private const long LargestAnswer = 256 * 1024;

    private static readonly TimeSpan s_longestWait = TimeSpan.FromHours(1);

    public async Task<TokenResult> ExchangeAsync(
        LoadedDriver driver, ServiceAddresses addresses, TokenExchange exchange, TokenValues values, CancellationToken cancellationToken)
    {
        try
        {
            if (addresses.Of(exchange) is not { } address || Describe(driver, exchange, values) is not { } message)
            {
                return TokenResult.NotOffered;
            }

            using var request = TokenRequest.Build(address, message, driver.Manifest.Authorization, values);
            using var client = new HttpClient(http.CreateTokenHandler(driver)) { Timeout = Deadline, MaxResponseContentBufferSize = LargestAnswer };
            using var response = await client.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return Judge(driver, exchange, response, body);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TokenResult.Temporary("The service did not answer within 10 seconds.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            var sent = e is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };
            return TokenResult.Temporary("The service could not be reached.") with { Sent = sent };
        }
        catch (DriverException e)
        {
            return new TokenResult(null, TokenFailure.ClientRejected, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The driver's own code ran in here. Its message may quote what it read, so only its type is told.
            Log.Defect(logger, driver.Id, exchange, e.GetType().Name);
            return TokenResult.Temporary("The driver failed at the service's token messages: a defect for its author.");
        }
    }

    private static TokenMessage? Describe(LoadedDriver driver, TokenExchange exchange, TokenValues values) => driver.Factory is ITokenMessages odd
        ? odd.Describe(exchange)
        : StandardTokenMessages.Describe(driver.Manifest.Authorization, exchange, values.RefreshToken is not null);

    private TokenResult Judge(LoadedDriver driver, TokenExchange exchange, HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        if (status is < 200 or (>= 300 and < 400) or 408 or 429 or >= 500)
        {
            return TokenResult.Temporary($"The service answered with status {status}.", RetryAfter(response)) with { RateLimited = status == 429 };
        }

        if (status < 300 && exchange == TokenExchange.Revoke && body.Length == 0)
        {
            return TokenResult.Done;
        }

        if (response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) != true || Parse(body) is not { } answer)
        {
            return TokenResult.Temporary($"The service answered with status {status} and something other than JSON.");
        }

        using (answer)
        {
            return status < 300 ? Read(driver, exchange, answer.RootElement) : Refuse(driver, exchange, status, body, answer.RootElement);
        }
    }

    private TokenResult Read(LoadedDriver driver, TokenExchange exchange, JsonElement answer)
    {
        if (exchange == TokenExchange.Revoke)
        {
            return TokenResult.Done;
        }

        var shape = (driver.Factory as ITokenMessages)?.AnswerShape ?? new TokenAnswerShape();
        var usualLife = TimeSpan.FromSeconds(driver.Manifest.Authorization.DefaultLifeSeconds);
        return TokenAnswer.Read(answer, shape, usualLife, clock.GetUtcNow()) is { } tokens
            ? new TokenResult(tokens, null)
            : TokenResult.Temporary("The service's answer holds no token that can be used.");
    }

    private static TokenResult Refuse(LoadedDriver driver, TokenExchange exchange, int status, byte[] body, JsonElement answer)
    {
        var failure = driver.Factory is ITokenMessages odd
            ? odd.ReadFailure(exchange, status, body)
            : StandardTokenMessages.ReadFailure(TokenAnswer.ReadError(answer));
        return failure switch
        {
            TokenFailure.GrantGone => new TokenResult(null, failure, "The service says that the grant is gone."),
            TokenFailure.ClientRejected => new TokenResult(null, failure, $"The service rejected our client registration with status {status}."),
            _ => TokenResult.Temporary($"The service answered with status {status}."),
        };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var wait = ServiceWord.ReadWait(response, clock.GetUtcNow());
        return wait is null || wait <= TimeSpan.Zero ? null : wait < s_longestWait ? wait : s_longestWait;
    }

    private static JsonDocument? Parse(byte[] body)
    {
        try
        {
            // Some services put a byte order mark before it, and an answer that is passed over may hold the only good token.
            return JsonDocument.Parse(body.AsMemory(body.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1200, Level = LogLevel.Error, Message = "Driver {Driver} failed at the messages of {Exchange} with {Type}.")]
        public static partial void Defect(ILogger logger, DriverId driver, TokenExchange exchange, string type);
    }
}
