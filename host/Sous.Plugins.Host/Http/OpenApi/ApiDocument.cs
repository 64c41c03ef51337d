using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Sous.Plugins.Host.Http.OpenApi;

/// <summary>The API's own description, OpenAPI 3.1, made of the endpoints that answer.</summary>
/// <param name="provider">Makes it.</param>
internal sealed class ApiDocument([FromKeyedServices(ApiDocument.Version)] IOpenApiDocumentProvider provider)
{
    public const string Version = "v1";

    /// <summary>What of the host it describes.</summary>
    public const string Prefix = "api/v1/";

    // Made once, by whoever asks first: it is open to anybody, and making it costs a second of a core.
    private readonly Lazy<Task<byte[]>> _json = new(() => WriteAsync(provider));

    public Task<byte[]> ReadAsync() => _json.Value;

    private static async Task<byte[]> WriteAsync(IOpenApiDocumentProvider provider)
    {
        var document = await provider.GetOpenApiDocumentAsync(CancellationToken.None);
        return System.Text.Encoding.UTF8.GetBytes(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, CancellationToken.None));
    }
}
