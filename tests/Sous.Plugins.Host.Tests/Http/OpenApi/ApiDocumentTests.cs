using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Http.OpenApi;

/// <summary>The API's document tells of every route, and its examples are taken. That answers are as it says is watched wherever a test speaks to a whole host.</summary>
public sealed class ApiDocumentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_of_the_API_is_described_with_its_answers_and_its_refusals()
    {
        await using var host = await RunningWorker.StartAsync();
        var document = await DescribedApi.ReadAsync(new Uri(host.Address, "/openapi/v1.json"), Token);
        var missing = new List<string>();
        var ids = new List<string>();
        foreach (var route in host.Worker.Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = "/" + route.RoutePattern.RawText!.Trim('/').Replace("{**", "{", StringComparison.Ordinal);
            if (!pattern.StartsWith("/api/v1/", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                var operation = document.Paths[pattern]?[method.ToLowerInvariant()];
                missing.AddRange((operation is null ? ["is not there"] : Faults(operation, pattern, route.Metadata)).Select(fault => $"{method} {pattern} {fault}"));
                ids.Add((string?)operation?["operationId"] ?? "");
            }
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
        Assert.True(ids.Count >= 60, $"Only {ids.Count} routes were walked.");
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task The_examples_are_bodies_that_their_schemas_take()
    {
        await using var host = await RunningWorker.StartAsync();
        var document = await DescribedApi.ReadAsync(new Uri(host.Address, "/openapi/v1.json"), Token);
        var bodies = document.Paths.SelectMany(static path => path.Value!.AsObject()).Select(static operation => operation.Value!["requestBody"]?["content"]?["application/json"]).OfType<JsonNode>().ToList();

        Assert.True(bodies.Count >= 15, $"Only {bodies.Count} bodies are described.");
        Assert.All(bodies, body => Assert.Empty(document.Judge(body["schema"]!, JsonSerializer.SerializeToElement(body["example"]))));
    }

    [Fact]
    public async Task It_is_read_without_a_key_and_tells_how_one_is_sent()
    {
        await using var host = await RunningWorker.StartAsync();
        using var nobody = new HttpClient { BaseAddress = host.Address };

        var (versioned, plain) = (await nobody.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token), await nobody.GetFromJsonAsync<JsonElement>("/openapi", Token));

        Assert.True(JsonElement.DeepEquals(versioned, plain));
        Assert.StartsWith("3.1.", versioned.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal("bearer", versioned.GetProperty("components").GetProperty("securitySchemes").GetProperty("key").GetProperty("scheme").GetString());
    }

    [Fact]
    public async Task A_refusal_that_is_not_described_would_be_noticed()
    {
        await using var host = await RunningWorker.StartAsync();
        var document = await DescribedApi.ReadAsync(new Uri(host.Address, "/openapi/v1.json"), Token);
        using var refused = await host.Admin.PostAsJsonAsync("/api/v1/tenants", new { id = "a b" }, Token);
        var problem = await refused.Content.ReadFromJsonAsync<JsonNode>(Token);
        var (schema, _) = document.SchemaOf("POST", "/api/v1/tenants", (int)HttpStatusCode.BadRequest, "application/problem+json");

        Assert.Empty(document.Judge(schema!, JsonSerializer.SerializeToElement(problem)));
        problem!["code"] = "unheard_of";
        Assert.NotEmpty(document.Judge(schema!, JsonSerializer.SerializeToElement(problem)));
        Assert.False(document.SchemaOf("POST", "/api/v1/tenants", (int)HttpStatusCode.PaymentRequired, "application/problem+json").IsDescribed);
    }

    private static IEnumerable<string> Faults(JsonNode operation, string pattern, EndpointMetadataCollection metadata)
    {
        if (operation["summary"] is null || operation["operationId"] is null)
        {
            yield return "has no summary or no name";
        }

        if ((string?)operation["summary"] != metadata.GetMetadata<IEndpointSummaryMetadata>()?.Summary)
        {
            yield return "is told of by the comment on its handler";
        }

        var answers = operation["responses"]!.AsObject();
        if (!answers.Any(static answer => answer.Key[0] == '2' && (answer.Key == "204" || answer.Value!["content"]?.AsObject().Any(static body => body.Value!["schema"] is not null) == true)))
        {
            yield return "does not tell what it answers";
        }

        if (answers["401"] is null || answers.Any(static answer => answer.Key[0] is '4' or '5' && answer.Key != "416" && answer.Value!["content"]?["application/problem+json"] is null))
        {
            yield return "does not tell how it refuses";
        }

        var parameters = operation["parameters"]?.AsArray() ?? [];
        if (parameters.Any(static parameter => parameter!["description"] is null || parameter["schema"] is null)
            || pattern.Split('/').Where(static part => part.StartsWith('{')).Any(part => parameters.All(parameter => $"{{{parameter!["name"]}}}" != part)))
        {
            yield return "does not tell what its parameters are";
        }

        if (operation["requestBody"] is { } body && body["content"]?["*/*"] is null && body["content"]?["application/json"]?["example"] is null)
        {
            yield return "has a body without an example";
        }
    }
}
