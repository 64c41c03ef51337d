namespace Sous.Plugins.Host.Http.Idempotency;

/// <summary>An answer as it was given, to be given again.</summary>
internal sealed record KeptAnswer(int Status, string? ContentType, string? Location, byte[] Body)
{
    /// <summary>In bytes. A longer one, such as of many locations that were discovered, is not kept: the store is in memory, and in each backup.</summary>
    public const int Longest = 64 * 1024;

    public static KeptAnswer Of(HttpResponse response, byte[] body) => new(response.StatusCode, response.ContentType, response.Headers.Location, body);

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        (response.StatusCode, response.ContentType) = (Status, ContentType);
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }

        if (Body.Length > 0)
        {
            await response.Body.WriteAsync(Body, cancellationToken);
        }
    }
}
