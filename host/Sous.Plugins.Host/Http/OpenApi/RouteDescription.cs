using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Sous.Plugins.Host.Http.OpenApi;

/// <summary>What the API's document says of a route beyond what its types, its access and its address tell.</summary>
internal static class RouteDescription
{
    /// <param name="name">The operation's id, one in the whole API: clients make a method of it.</param>
    /// <param name="summary">A line.</param>
    /// <param name="description">What the line leaves out.</param>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string name, string summary, string? description = null)
        => route.WithName(name).WithSummary(summary).WithDescription(description ?? summary);

    /// <summary>A body that the route takes, as JSON.</summary>
    public static RouteHandlerBuilder Example(this RouteHandlerBuilder route, string json) => route.WithMetadata(new BodyExample(json));

    /// <summary>Refusals by 409.</summary>
    public static TBuilder Conflicts<TBuilder>(this TBuilder routes, params string[] codes)
        where TBuilder : IEndpointConventionBuilder
        => routes.Refuses(StatusCodes.Status409Conflict, codes);

    /// <summary>Refusals of the route's own. Those that its access, its body and its address bring are known without.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder routes, int status, params string[] codes)
        where TBuilder : IEndpointConventionBuilder
        => routes.WithMetadata(new Refusal(status, codes));

    // The parameters are those that QueryReader reads, a method for each of its own.
    public static RouteHandlerBuilder TakesText(this RouteHandlerBuilder route, string name, int longest, string description)
        => route.Takes(name, description, new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = longest });

    public static RouteHandlerBuilder TakesOneOf(this RouteHandlerBuilder route, string name, string description, params IEnumerable<string> values)
        => route.Takes(name, description, new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. values.Select(static value => JsonValue.Create(value))] });

    public static RouteHandlerBuilder TakesOneOf<T>(this RouteHandlerBuilder route, string name, string description)
        where T : struct, Enum
        => route.TakesOneOf(name, description, Enum.GetValues<T>().Select(SnakeCase.Of));

    public static RouteHandlerBuilder TakesNumber(this RouteHandlerBuilder route, string name, long least, long most, long? fallback, string description)
        => route.Takes(name, description, new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int64",
            Minimum = $"{least}",
            Maximum = most == long.MaxValue ? null : $"{most}",
            Default = fallback is { } usual ? JsonValue.Create(usual) : null,
        });

    public static RouteHandlerBuilder TakesDay(this RouteHandlerBuilder route, string name, string description)
        => route.Takes(name, description, new OpenApiSchema { Type = JsonSchemaType.String, Format = "date", Examples = ["2026-03-14"] });

    /// <summary>An instant, or a day.</summary>
    public static RouteHandlerBuilder TakesInstant(this RouteHandlerBuilder route, string name, string description)
        => route.Takes(name, description, new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 40, Examples = ["2026-03-14T08:00:00Z"] });

    /// <summary>The rest of the address, whatever it is.</summary>
    public static RouteHandlerBuilder TakesRest(this RouteHandlerBuilder route, string name, string description)
        => route.WithMetadata(new OpenApiParameter { Name = name, In = ParameterLocation.Path, Required = true, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });

    private static RouteHandlerBuilder Takes(this RouteHandlerBuilder route, string name, string description, OpenApiSchema schema)
        => route.WithMetadata(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Description = description, Schema = schema });
}
