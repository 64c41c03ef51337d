using Microsoft.AspNetCore.Diagnostics;

namespace Sous.Plugins.Host.Http;

/// <summary>Gives the refusals of the API that routing and the server make, which are bare, a sentence and a code like all others.</summary>
internal static class BareRefusals
{
    private const string Api = "/api";

    public static void UseBareRefusals(this IApplicationBuilder app)
        => app.UseWhen(static context => context.Request.Path.StartsWithSegments(Api, StringComparison.Ordinal), static api => api.UseStatusCodePages(ExplainAsync));

    private static Task ExplainAsync(StatusCodeContext told)
    {
        var context = told.HttpContext;
        var problem = context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Problems.Make(StatusCodes.Status404NotFound, "not_found", "There is no such thing.", "There is no such route: /openapi/v1.json tells those that there are."),
            StatusCodes.Status405MethodNotAllowed => Problems.Make(StatusCodes.Status405MethodNotAllowed, "invalid", "The request cannot be used.", $"This address takes {context.Response.Headers.Allow}."),
            StatusCodes.Status413PayloadTooLarge => Problems.Make(StatusCodes.Status413PayloadTooLarge, "invalid", "The request cannot be used.", "The body is larger than this takes: 1 MiB, where nothing else is said."),
            StatusCodes.Status415UnsupportedMediaType => Problems.Make(StatusCodes.Status415UnsupportedMediaType, "invalid", "The request cannot be used.", "The body is JSON, and its Content-Type application/json."),
            _ => null,
        };
        return problem?.ExecuteAsync(context) ?? Task.CompletedTask;
    }
}
