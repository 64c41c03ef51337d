using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Sdk;

namespace Acme_1;

/// <summary>Asks the service, and turns what goes wrong into one of the five failures. It retries nothing: the host does.</summary>
internal sealed class Api(DriverContext context)
{
    /// <summary>Sends a request below the service's address; the host adds the key to it.</summary>
    /// <param name="path">Path and query, without a slash in front.</param>
    /// <param name="type">What the answer is read as.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DriverException">It failed; the message has no word of the answer, which may be personal.</exception>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var what = path.Split('?')[0];
        try
        {
            using var response = await context.Http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? Read(body, type, what) : throw Failure(response, what);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // The client's own time-out: nobody has cancelled.
            throw new DriverException(FailureKind.Transient, $"Acme-1 did not answer {what} in time.", inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new DriverException(FailureKind.Transient, $"The connection to Acme-1 broke during {what}.", inner: e);
        }
    }

    private static T Read<T>(byte[] body, JsonTypeInfo<T> type, string what)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Transient, $"Acme-1's answer to {what} is broken off, or no such answer.", inner: e);
        }
    }

    private DriverException Failure(HttpResponseMessage response, string what)
    {
        // A page of HTML comes from something on the way, whatever its status says.
        var page = response.Content.Headers.ContentType?.MediaType == "text/html";
        var wait = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - context.Clock.GetUtcNow() : null;
        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => new DriverException(FailureKind.RateLimited, $"Acme-1 asks to wait with {what}.", wait),
            >= HttpStatusCode.InternalServerError => new DriverException(FailureKind.Transient, $"Acme-1 is unwell: {(int)response.StatusCode} to {what}.", wait),
            _ when page => new DriverException(FailureKind.Transient, $"Something between here and Acme-1 answered {what} with a page."),
            HttpStatusCode.Unauthorized => new DriverException(FailureKind.Unauthorized, "Acme-1 no longer takes the key."),
            HttpStatusCode.Forbidden => new DriverException(FailureKind.Misconfigured, $"The key is not allowed {what}: give it that right at Acme-1."),
            _ => new DriverException(FailureKind.Defect, $"Acme-1 answered {(int)response.StatusCode} to {what}."),
        };
    }
}
