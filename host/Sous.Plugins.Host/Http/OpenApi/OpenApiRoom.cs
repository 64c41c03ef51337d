namespace Sous.Plugins.Host.Http.OpenApi;

internal static class OpenApiRoom
{
    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services
        .AddSingleton<ApiDocument>()
        .AddOpenApi(ApiDocument.Version, static options =>
        {
            options.ShouldInclude = static route => route.RelativePath?.StartsWith(ApiDocument.Prefix, StringComparison.Ordinal) == true;
            options.CreateSchemaReferenceId = ApiSchemas.NameOf;
            options.AddSchemaTransformer(ApiSchemas.TransformAsync);
            options.AddOperationTransformer(ApiOperations.TransformAsync);
            options.AddDocumentTransformer(ApiSchemas.FinishAsync);
        });

    public static void MapApiDocument(this IEndpointRouteBuilder routes)
    {
        var document = routes.MapGroup("/openapi").AllowAnonymous();
        document.MapGet("", AnswerAsync);
        document.MapGet("v1.json", AnswerAsync);
    }

    private static async Task<IResult> AnswerAsync(ApiDocument document) => TypedResults.Bytes(await document.ReadAsync(), "application/json; charset=utf-8");
}
