using System.Net;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Authorizes the requests of one connection's driver; a 401 costs one renewal and one retry, and what is then still a 401 is the driver's to translate.</summary>
/// <param name="header">Carries the secret as it is; null for a bearer token.</param>
/// <param name="get">The secret to send.</param>
/// <param name="renew">Another than the one that the service just refused, or null where there is none.</param>
internal sealed class AuthorizationHandler(
    string? header,
    Func<CancellationToken, ValueTask<Secret>> get,
    Func<Secret, CancellationToken, ValueTask<Secret?>> renew) : DelegatingHandler
{
    /// <summary>By one secret that is not renewed.</summary>
    public static AuthorizationHandler Of(Secret secret, string? header = null)
        => new(header, _ => ValueTask.FromResult(secret), static (_, _) => ValueTask.FromResult<Secret?>(null));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(RetryHandler.LargestBody, cancellationToken);
        }

        var secret = await get(cancellationToken);
        var response = await SendAsync(request, secret, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        Secret? renewed;
        try
        {
            renewed = await renew(secret, cancellationToken);
        }
        catch (DriverException e) when (e.Kind == FailureKind.Unauthorized)
        {
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }

        if (renewed is not { } another)
        {
            return response;
        }

        response.Dispose();
        return await SendAsync(request, another, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Secret secret, CancellationToken cancellationToken)
    {
        var name = header ?? "Authorization";
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, header is null ? $"Bearer {secret.Reveal()}" : secret.Reveal());
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // The response leads back to its request, and the secret is not the driver's to see.
            request.Headers.Remove(name);
        }
    }
}
