using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.OpenApi;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Emergency;
using Sous.Plugins.Host.Http.Idempotency;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Live.Proxy;

namespace Sous.Plugins.Host.Http.OpenApi;

/// <summary>Adds to an operation what the route's metadata tells: its parameters, its example, and the problems that it answers.</summary>
internal static class ApiOperations
{
    private const string Tenants = "tenants";

    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        // The route's own words: a comment on its handler is for who reads the code, and would stand in their place.
        operation.Summary = metadata.OfType<IEndpointSummaryMetadata>().LastOrDefault()?.Summary;
        operation.Description = metadata.OfType<IEndpointDescriptionMetadata>().LastOrDefault()?.Description;
        operation.Tags = new HashSet<OpenApiTagReference> { new(TagOf(context.Description.RelativePath ?? ""), context.Document) };
        operation.Parameters = [.. Parameters(operation, metadata), .. Headers(metadata, context.Description.HttpMethod ?? "")];
        if (operation.RequestBody?.Content?.TryGetValue("application/json", out var body) == true && metadata.OfType<BodyExample>().FirstOrDefault() is { } example)
        {
            body.Example = JsonNode.Parse(example.Json);
        }

        if (VersionTag.IsTold(metadata))
        {
            foreach (var answer in (operation.Responses ?? []).Values.OfType<OpenApiResponse>())
            {
                answer.Headers = new Dictionary<string, IOpenApiHeader> { ["ETag"] = new OpenApiHeader { Description = "Its `version`, in quotes.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } } };
            }
        }

        foreach (var status in Refusals(operation, metadata, context.Description.HttpMethod ?? "").ToLookup(static refusal => refusal.Status, static refusal => refusal.Codes).OrderBy(static status => status.Key))
        {
            operation.Responses ??= [];
            operation.Responses[$"{status.Key}"] = Problem(status.Key, [.. status.SelectMany(static codes => codes).Distinct().Order()], context.Document);
        }

        if (metadata.OfType<PassedOn>().Any())
        {
            PassOn(operation, context.Description.HttpMethod ?? "");
        }

        return Task.CompletedTask;
    }

    /// <summary>Any body goes to the service, and any of its answers comes back.</summary>
    private static void PassOn(OpenApiOperation operation, string method)
    {
        static Dictionary<string, OpenApiMediaType> Anything() => new() { ["*/*"] = new OpenApiMediaType { Schema = new OpenApiSchema() } };
        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
        {
            operation.RequestBody = new OpenApiRequestBody { Description = "As the service wants it, at most 1 MiB.", Content = Anything() };
        }

        operation.Responses ??= [];
        operation.Responses["default"] = new OpenApiResponse { Description = $"What the service answers, with the header {PassedOn.Header}.", Content = Anything() };
    }

    /// <summary>What the route is about: its first segment past the tenant.</summary>
    private static string TagOf(string path)
    {
        var segments = path[ApiDocument.Prefix.Length..].Split('/');
        return segments is [Tenants, _, var own, ..] ? own : segments[0];
    }

    private static IEnumerable<IOpenApiParameter> Parameters(OpenApiOperation operation, IList<object> metadata)
    {
        var described = metadata.OfType<OpenApiParameter>().ToDictionary(static parameter => parameter.Name ?? "");
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(parameter => !described.ContainsKey(parameter.Name ?? "")))
        {
            if (parameter.In == ParameterLocation.Path)
            {
                (parameter.Description, parameter.Schema) = PathParameter(parameter.Name);
            }

            yield return parameter;
        }

        foreach (var parameter in described.Values)
        {
            yield return parameter;
        }
    }

    private static IEnumerable<OpenApiParameter> Headers(IList<object> metadata, string method)
    {
        if (NamedRequests.AreTakenBy(metadata, method))
        {
            yield return new OpenApiParameter
            {
                Name = IdempotencyKey.Header,
                In = ParameterLocation.Header,
                Description = "Names the request, so that it is carried out once: the same one under the same name is answered as the first was, for 24 hours.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = IdempotencyKey.Longest },
            };
        }
    }

    private static (string Description, OpenApiSchema Schema) PathParameter(string? name) => name switch
    {
        "tenant" => ("The tenant's id.", new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[A-Za-z0-9_-]{1,64}$" }),
        "stream" => ("What is synced.", new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["sales", "catalog", "files"] }),
        "externalId" => ("The service's id of the location.", new OpenApiSchema { Type = JsonSchemaType.String }),
        _ => ("The id, as the list of them and its creation tell it.", new OpenApiSchema { Type = JsonSchemaType.String }),
    };

    private static IEnumerable<Refusal> Refusals(OpenApiOperation operation, IList<object> metadata, string method)
    {
        foreach (var own in metadata.OfType<Refusal>())
        {
            yield return own;
        }

        var levels = metadata.OfType<AuthorizationPolicy>().SelectMany(static policy => policy.Requirements.OfType<AccessRequirement>()).Select(static requirement => requirement.Level).ToList();
        yield return new Refusal(StatusCodes.Status401Unauthorized, ["unauthenticated"]);
        if (levels.Contains(AccessLevel.Admin))
        {
            yield return new Refusal(StatusCodes.Status403Forbidden, ["forbidden"]);
        }

        if (operation.RequestBody is not null)
        {
            yield return new Refusal(StatusCodes.Status413PayloadTooLarge, ["invalid"]);
            yield return new Refusal(StatusCodes.Status415UnsupportedMediaType, ["invalid"]);
        }

        yield return new Refusal(StatusCodes.Status400BadRequest, ["invalid"]);
        if (operation.Parameters?.Any(static parameter => parameter.In == ParameterLocation.Path) == true)
        {
            yield return new Refusal(StatusCodes.Status404NotFound, ["not_found"]);
        }

        if (AdoptionGate.Holds(metadata, method))
        {
            var ofTenant = operation.Parameters?.Any(static parameter => parameter.Name == "tenant") == true;
            yield return new Refusal(StatusCodes.Status409Conflict, ofTenant ? [Adoption.Code, FreezeGate.Code] : [Adoption.Code]);
        }

        if (NamedRequests.AreTakenBy(metadata, method))
        {
            yield return new Refusal(StatusCodes.Status409Conflict, [NamedRequests.InFlight, NamedRequests.Unknown]);
            yield return new Refusal(StatusCodes.Status422UnprocessableEntity, [NamedRequests.Reused]);
        }

        if (metadata.OfType<EnableRateLimitingAttribute>().Any())
        {
            yield return new Refusal(StatusCodes.Status429TooManyRequests, ["rate_limited"]);
        }

        yield return new Refusal(StatusCodes.Status500InternalServerError, ["internal"]);
        yield return new Refusal(StatusCodes.Status503ServiceUnavailable, ["storage_unavailable"]);
    }

    private static OpenApiResponse Problem(int status, IEnumerable<string> codes, OpenApiDocument? document) => new()
    {
        Description = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status),
        Headers = status is StatusCodes.Status429TooManyRequests
            ? new Dictionary<string, IOpenApiHeader> { ["Retry-After"] = new OpenApiHeader { Description = "Whole seconds until it may be tried again.", Schema = new OpenApiSchema { Type = JsonSchemaType.Integer } } }
            : null,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema
                {
                    AllOf = [new OpenApiSchemaReference(ApiSchemas.Problem, document)],
                    Properties = new Dictionary<string, IOpenApiSchema> { ["code"] = new OpenApiSchema { Enum = [.. codes.Select(static code => JsonValue.Create(code))] } },
                },
            },
        },
    };
}
