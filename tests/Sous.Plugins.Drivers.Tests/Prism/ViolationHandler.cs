using System.Collections.Concurrent;
using System.Text.Json;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>Keeps what Prism says of each answer: its header, and the problems that it answers itself.</summary>
internal sealed class ViolationHandler(ConcurrentQueue<string> violations) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var about = $"{request.Method} {request.RequestUri?.PathAndQuery} -> {(int)response.StatusCode}";
        if (response.Headers.TryGetValues("sl-violations", out var headers))
        {
            foreach (var violation in headers.SelectMany(h => JsonDocument.Parse(h).RootElement.EnumerateArray()))
            {
                violations.Enqueue($"{about}: {violation.GetRawText()}");
            }
        }

        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            violations.Enqueue($"{about}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }

        return response;
    }
}
