using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.OpenApi;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Http.Versions;

/// <summary>Versions of what can be edited: told as <c>ETag</c>, and asked for by <c>If-Match</c>.</summary>
internal static class VersionTag
{
    private const int Size = 12;

    /// <param name="state">All that can be edited, as text.</param>
    public static string Of(string state) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(state)).AsSpan(0, Size));

    /// <param name="editedAt">As it is stored with what was edited.</param>
    public static string Of(DateTimeOffset editedAt) => Of(editedAt.ToString("O", CultureInfo.InvariantCulture));

    /// <summary>The route answers an <see cref="IVersioned"/>, whose version stands in the header too.</summary>
    public static RouteHandlerBuilder TellsVersion(this RouteHandlerBuilder route) => route.WithMetadata(Told.AsHeader).AddEndpointFilter(TellAsync);

    /// <summary>The route edits what an <see cref="IfMatch"/> lets it.</summary>
    public static RouteHandlerBuilder EditsVersion(this RouteHandlerBuilder route) => route
        .WithMetadata(new OpenApiParameter
        {
            Name = IfMatch.Header,
            In = ParameterLocation.Header,
            Description = "The `version` that is to be edited, in quotes: where somebody else edited it meanwhile, nothing is changed. Without it, whichever there is.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Examples = ["\"Jx1oOXtBq2mSdnAf\""] },
        })
        .Refuses(StatusCodes.Status412PreconditionFailed, StaleVersionException.Code);

    public static bool IsTold(IEnumerable<object> metadata) => metadata.OfType<Told>().Any();

    private static async ValueTask<object?> TellAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var answer = await next(context);
        if ((answer is INestedHttpResult nested ? nested.Result : answer) is IValueHttpResult { Value: IVersioned { Version: var version } })
        {
            context.HttpContext.Response.Headers.ETag = $"\"{version}\"";
        }

        return answer;
    }

    private sealed record Told
    {
        public static readonly Told AsHeader = new();
    }
}
