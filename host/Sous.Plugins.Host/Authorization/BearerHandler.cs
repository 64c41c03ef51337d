using System.Net.Http.Headers;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Authorizes by one token, for a grant that is not kept yet.</summary>
internal sealed class BearerHandler(Secret token) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            request.Headers.Authorization = null;
        }
    }
}
