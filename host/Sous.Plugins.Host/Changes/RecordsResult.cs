using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Changes;

/// <summary>Records as the API answers them. Bodies go out as the bytes that were stored.</summary>
/// <param name="next">Where to go on, or null at the end.</param>
internal sealed class RecordsResult(IReadOnlyList<FeedEntry> items, string? next) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
        => builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(ItemList<FeedEntry>), ["application/json"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var writer = FeedResult.Begin(httpContext);
        writer.WriteStartObject();
        await FeedResult.WriteAsync(writer, "items", items, httpContext);
        if (next is not null)
        {
            writer.WriteString("next"u8, next);
        }

        writer.WriteEndObject();
    }
}
