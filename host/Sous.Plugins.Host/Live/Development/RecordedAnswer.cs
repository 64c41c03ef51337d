using System.Net;

namespace Sous.Plugins.Host.Live.Development;

/// <summary>One answer of a service, whole.</summary>
internal sealed record RecordedAnswer(HttpStatusCode Status, IReadOnlyList<(string Name, string[] Values)> Headers, byte[] Body)
{
    private static readonly string[] s_ofTheTransport = ["Content-Length", "Transfer-Encoding"];

    public HttpResponseMessage To(HttpRequestMessage request)
    {
        var response = new HttpResponseMessage(Status) { RequestMessage = request, Content = new ByteArrayContent(Body) };
        foreach (var (name, values) in Headers)
        {
            if (!s_ofTheTransport.Contains(name, StringComparer.OrdinalIgnoreCase) && !response.Headers.TryAddWithoutValidation(name, values))
            {
                response.Content.Headers.TryAddWithoutValidation(name, values);
            }
        }

        return response;
    }
}
