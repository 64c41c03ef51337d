using Microsoft.OpenApi;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Live.Proxy;

namespace Sous.Plugins.Host.Http;

/// <summary>Refuses what an API route does not take: a filter whose name is misspelt would be passed over, and answered with more than was asked for.</summary>
internal static class QueryNames
{
    private const int Longest = 40;

    public static Task RefuseUnknownAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Query.Count == 0 || !context.Request.Path.StartsWithSegments("/" + ApiDocument.Prefix.TrimEnd('/'))
            || context.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<PassedOn>() is not null)
        {
            return next(context);
        }

        var known = endpoint.Metadata.OfType<OpenApiParameter>().Where(static parameter => parameter.In == ParameterLocation.Query).Select(static parameter => parameter.Name ?? "").ToList();
        var unknown = context.Request.Query.Keys.Where(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList();
        return unknown.Count == 0 ? next(context) : Problems.Invalid([.. unknown.Select(name => (Shortened(name), Explain(Shortened(name), known)))]).ExecuteAsync(context);
    }

    private static string Explain(string name, List<string> known)
        => known.Count == 0 ? $"'{name}' is no parameter of this address, which takes none." : $"'{name}' is no parameter of this address; there are {string.Join(", ", known)}.";

    private static string Shortened(string name) => name.Length <= Longest ? name : name[..Longest] + "…";
}
