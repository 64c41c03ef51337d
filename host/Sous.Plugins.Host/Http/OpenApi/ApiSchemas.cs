using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Http.OpenApi;

/// <summary>Makes schemas say what is written and read: identifiers and decimals are text, and what is null is left out.</summary>
internal static class ApiSchemas
{
    /// <summary>The shape of every refusal.</summary>
    public const string Problem = "Problem";

    private const string View = "View";

    private static readonly HashSet<Type> s_texts = [typeof(TenantId), typeof(ConnectionId), typeof(DriverId), typeof(StreamName), typeof(DateTimeOffset)];

    private static readonly HashSet<Type> s_inlined = [.. s_texts, typeof(JsonElement), typeof(Stream), typeof(ReadOnlyMemory<byte>)];

    /// <summary>A type as the API calls it: what is a view in the host is to others the thing itself.</summary>
    public static string? NameOf(JsonTypeInfo type)
        => s_inlined.Contains(Nullable.GetUnderlyingType(type.Type) ?? type.Type) ? null
            : OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name && name.EndsWith(View, StringComparison.Ordinal) ? name[..^View.Length]
            : OpenApiOptions.CreateDefaultSchemaReferenceId(type);

    public static Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (s_texts.Contains(type))
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (type == typeof(decimal))
        {
            (schema.Type, schema.Format, schema.Pattern) = (JsonSchemaType.String, null, @"^-?\d+(\.\d+)?$");
        }
        else if (schema.Type is { } number && number.HasFlag(JsonSchemaType.String) && (number & (JsonSchemaType.Integer | JsonSchemaType.Number)) != 0)
        {
            // Numbers that are sent as text are read too. They are never written so.
            (schema.Type, schema.Pattern) = (number & ~JsonSchemaType.String, null);
        }
        else if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object && schema.Properties is { } members)
        {
            schema.Required = context.JsonTypeInfo.Properties.Where(member => members.ContainsKey(member.Name) && IsAlwaysThere(member)).Select(static member => member.Name).ToHashSet();
        }

        return Task.CompletedTask;
    }

    /// <summary>Adds what no type tells, and takes away null: it is never written, and left out when it is meant.</summary>
    public static Task FinishAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Sous.Plugins",
            Version = ApiDocument.Version,
            Description = "Brings a restaurant platform its tenants' sales, catalogues and files from the services that they use. "
                + "Times are RFC 3339 in UTC, money is an amount in the currency's minor unit, quantities are text. What is null is left out.",
        };
        document.Tags = document.Paths.SelectMany(static path => path.Value.Operations ?? []).SelectMany(static operation => operation.Value.Tags ?? new HashSet<OpenApiTagReference>())
            .Select(static tag => tag.Reference.Id).Distinct().Order(StringComparer.Ordinal).Select(static name => new OpenApiTag { Name = name }).ToHashSet();

        // It is served by the host that it describes: addresses are relative to where it was read.
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key. An admin's reaches everything, a tenant's its tenant." },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        document.Components.Schemas[Problem] = Refusals();
        foreach (var schema in document.Components.Schemas.Values)
        {
            TakeNullFrom(schema);
        }

        if (document.Components.Schemas[nameof(FeedEntry)] is OpenApiSchema { Properties: { } members })
        {
            members["record"] = new OpenApiSchema
            {
                Description = "The record as it is now, by the entry's `stream`; absent with a delete.",
                AnyOf = [.. new[] { nameof(Sale), nameof(CatalogEntry), nameof(StorageFile) }.Select(name => new OpenApiSchemaReference(name, document))],
            };
        }

        return Task.CompletedTask;
    }

    private static bool IsAlwaysThere(JsonPropertyInfo member)
        => member.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: true) == true
            || (!member.IsGetNullable && member.PropertyType != typeof(ReadOnlyMemory<byte>) && Nullable.GetUnderlyingType(member.PropertyType) is null && member.AssociatedParameter is not { HasDefaultValue: true });

    private static void TakeNullFrom(IOpenApiSchema schema)
    {
        if (schema is not OpenApiSchema own)
        {
            return;
        }

        own.Type &= ~JsonSchemaType.Null;
        foreach (var (name, member) in own.Properties?.ToList() ?? [])
        {
            TakeNullFrom(member);
            if (member.OneOf is [{ Type: JsonSchemaType.Null }, var only] && own.Properties is { } members)
            {
                members[name] = only;
            }
        }

        if (own.Items is { } item)
        {
            TakeNullFrom(item);
        }
    }

    private static OpenApiSchema Refusals() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "Why a request was refused: RFC 9457.",
        Required = new HashSet<string> { "title", "status", "detail", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A sentence that goes with the status." },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "What was wrong with this request, for people." },
            ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The same for programs: it does not change." },
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "With `invalid`: what is wrong with each field, by its name as it was sent.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
        },
    };
}
