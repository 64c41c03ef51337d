using System.Text.Json;

namespace Sous.Plugins.Host.Tests.Http.OpenApi;

/// <summary>Holds each answer of the API against its document: a status, a code or a member that is not described fails the test that met it.</summary>
internal sealed class DescribedAnswers() : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (!request.RequestUri!.AbsolutePath.StartsWith("/api/v1/", StringComparison.Ordinal))
        {
            return response;
        }

        var document = await DescribedApi.ReadAsync(new Uri(request.RequestUri, "/openapi/v1.json"), cancellationToken);
        var type = response.Content.Headers.ContentType?.MediaType;
        var (schema, isDescribed) = document.SchemaOf(request.Method.Method, request.RequestUri.AbsolutePath, (int)response.StatusCode, type);
        Assert.True(isDescribed, $"{request.Method} {request.RequestUri.AbsolutePath} answered {(int)response.StatusCode} {type}, which its document does not tell of.");
        if (schema is not null && type is "application/json" or "application/problem+json")
        {
            // Bytes, not a stream: whoever asked reads the answer after this.
            var body = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            var faults = document.Judge(schema, body);
            Assert.True(faults.Count == 0, $"{request.Method} {request.RequestUri.AbsolutePath}: {string.Join("; ", faults)}\n{body}");
        }

        return response;
    }
}
