namespace Sous.Plugins.Sdk.Authorization;

/// <summary>
/// How a service differs from RFC 6749 when tokens are asked for; implemented by the factory, and only where the manifest's
/// own words do not reach. All of it is pure, and no secret crosses it: the driver names the values, the host fills them in,
/// sends the message, reads the answer by the shape given and keeps it.
/// </summary>
public interface ITokenMessages
{
    /// <summary>The message for an exchange, or null where the service has none, or the driver does not know the exchange.</summary>
    /// <param name="exchange">What is asked.</param>
    TokenMessage? Describe(TokenExchange exchange);

    /// <summary>Where in a successful answer what stands.</summary>
    TokenAnswerShape AnswerShape { get; }

    /// <summary>What a refusal means. An answer that cannot be read, or is not the service's own, is <see cref="TokenFailure.Temporary"/>.</summary>
    /// <param name="exchange">What was asked.</param>
    /// <param name="statusCode">HTTP status, 300 to 599.</param>
    /// <param name="body">The answer's body, at most 256 KiB; refusals carry no secret.</param>
    TokenFailure ReadFailure(TokenExchange exchange, int statusCode, ReadOnlySpan<byte> body);
}
