using System.Net;
using System.Net.Http.Headers;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Authorizes the requests of one connection's driver; a 401 costs one refresh and one retry, and what is then still a 401 is the driver's to translate.</summary>
internal sealed class AuthorizationHandler(ConnectionId connection, CredentialRefresher refresher) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(cancellationToken);
        }

        var token = await refresher.GetAccessTokenAsync(connection, cancellationToken);
        var response = await SendAsync(request, token, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        Secret renewed;
        try
        {
            renewed = await refresher.RefreshAfter401Async(connection, token, cancellationToken);
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

        response.Dispose();
        return await SendAsync(request, renewed, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Secret token, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // The response leads back to its request, and the token is not the driver's to see.
            request.Headers.Authorization = null;
        }
    }
}
