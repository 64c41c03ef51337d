using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Schemas;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Drivers;

public sealed class QuickSchemaTests
{
    private const string Manifest = """
        {
          "$schema": "driver.schema.json",
          "id": "acme-pos", "name": "Café", "version": "1.2.3", "assembly": "Acme.Pos.dll", "contract": "1.0",
          "apiAddress": "https://api.acme.test/", "allowedHosts": ["*.acme.test", "files.acme.test"],
          "authorization": {
            "kind": "oauth_code", "authorizeAddress": "https://acme.test/authorize", "tokenAddress": "https://acme.test/token", "revokeAddress": "https://acme.test/revoke",
            "issuer": "https://acme.test", "scopes": ["sales.read"], "parameters": { "access_type": "offline" }, "clientAuthentication": "basic", "body": "form",
            "pkce": "s256", "refreshToken": "single_use", "defaultLifeSeconds": 3600, "refreshAgeSeconds": 604800, "codeLifeSeconds": 60,
            "loginsPerHour": 60, "tokenRequestsPerMinute": 120, "keyHeader": "X-Key"
          },
          "streams": [{ "name": "sales", "scope": "location", "schedule": "*/5 * * * *", "pageLimit": 100, "backfillDays": 30, "windowDays": 31 }],
          "rateLimits": [{ "of": "connection", "requests": 20, "seconds": 1, "path": "/v1/orders" }],
          "settings": { "type": "object" },
          "coverage": { "Voids": "no – never" }
        }
        """;

    private const string Plugins = """
        {
          "$schema": "plugins.schema.json", "pluginsFolder": "artifacts/plugins", "autoEnable": false, "requirePins": true,
          "plugins": [
            { "id": "a", "path": "a", "version": "1.0.0", "sha256": "0000000000000000000000000000000000000000000000000000000000000000", "enabled": true, "isolation": "in_process", "limits": { "sessions": 4 }, "settings": {} },
            { "id": "b", "path": "b" }
          ]
        }
        """;

    private static readonly string[] s_values =
    [
        "null", "true", "false", "0", "1", "-1", "1.0", "1.5", "60", "601", "1001", "1e3", "99999999999", "\"\"", "\"a\"", "\"é\"", "\"😀\"", "\"a\\n\"", "\"1.0\\n\"", "\"https://a\\n\"", "\"api_key\"", "\"client_credentials\"",
        "\"process\"", "\"1.0.0-x\"", "\"x.dll\"", "\"http://a b/\"", "\"*.x\"", "[]", "[null]", "[\"\"]", "[\"a\",1]", "{}", "{\"x\":1}", "{\"x\":\"y\"}", "\"" + new string('a', 41) + "\"", "\"" + new string('é', 81) + "\"", "\"" + string.Concat(Enumerable.Repeat("😀", 81)) + "\"",
        "\"" + new string('a', 301) + "\"", "\"" + string.Concat(Enumerable.Repeat("😀", 150)) + "\"",
    ];

    public static TheoryData<string> Files => ["manifest", "plugins"];

    [Theory]
    [MemberData(nameof(Files))]
    public void What_it_accepts_the_evaluator_accepts(string file)
    {
        var (schema, good) = Read(file);
        var (quick, full) = (new QuickSchema(JsonElement.Parse(schema)), JsonSchema.FromText(schema));
        var accepted = 0;
        foreach (var changed in Change(good))
        {
            var instance = JsonElement.Parse(changed);
            if (quick.Accepts(instance))
            {
                accepted++;
                Assert.True(full.Evaluate(instance).IsValid, changed);
            }
        }

        Assert.True(quick.Accepts(JsonElement.Parse(good)));
        Assert.InRange(accepted, 20, int.MaxValue);
    }

    [Fact]
    public void The_manifests_of_the_tree_need_no_evaluator()
    {
        var quick = new QuickSchema(JsonElement.Parse(DriverManifest.ReadSchema()));
        var files = Directory.GetFiles(Path.Combine(Path.Combine(PluginsTree.Artifacts, ".."), "plugins"), "driver.json", SearchOption.AllDirectories);

        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.True(quick.Accepts(JsonElement.Parse(File.ReadAllBytes(file))), file));
    }

    [Theory]
    [InlineData("""{ "minProperties": 1 }""", "{}")]
    [InlineData("""{ "type": ["object"] }""", "{}")]
    [InlineData("""{ "anyOf": [{ "type": "object" }] }""", "{}")]
    [InlineData("""{ "items": { "multipleOf": 2 } }""", "[2]")]
    [InlineData("""{ "enum": [1] }""", "1")]
    public void What_it_does_not_know_it_leaves_to_the_evaluator(string schema, string instance)
        => Assert.False(new QuickSchema(JsonElement.Parse(schema)).Accepts(JsonElement.Parse(instance)));

    [Fact]
    public void What_it_calls_a_schema_the_evaluator_reads_as_one()
    {
        const string Settings = """{ "title": "t", "type": "object", "additionalProperties": false, "required": ["a"], "properties": { "a": { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string", "pattern": "^a$", "maxLength": 5 } }, "b": { "minimum": 3 } } }""";
        var taken = Change(Settings).Where(static changed => QuickSchema.IsSchema(JsonElement.Parse(changed))).ToList();

        Assert.True(QuickSchema.IsSchema(JsonElement.Parse(Settings)));
        Assert.InRange(taken.Count, 10, int.MaxValue);
        Assert.All(taken, static changed => JsonSchema.FromText(changed));
    }

    private static (string Schema, string Good) Read(string file)
        => file == "manifest" ? (Encoding.UTF8.GetString(DriverManifest.ReadSchema()), Manifest) : (PluginsFile.ReadSchema(), Plugins);

    /// <summary>The document with each of its values in turn taken away, replaced by each of the values above, and given a member more.</summary>
    private static IEnumerable<string> Change(string good)
    {
        var paths = new List<string[]>();
        Walk(JsonNode.Parse(good)!, [], paths);
        foreach (var path in paths)
        {
            foreach (var value in s_values.Append(null))
            {
                var whole = JsonNode.Parse(good)!;
                var at = path[..^1].Aggregate(whole, static (node, step) => int.TryParse(step, out var index) ? node[index]! : node[step]!);
                if (at is JsonArray list)
                {
                    list.RemoveAt(int.Parse(path[^1], System.Globalization.CultureInfo.InvariantCulture));
                    if (value is not null)
                    {
                        list.Add(JsonNode.Parse(value));
                    }
                }
                else
                {
                    at.AsObject().Remove(path[^1]);
                    if (value is not null)
                    {
                        at[path[^1]] = JsonNode.Parse(value);
                        yield return whole.ToJsonString();
                        at["surplus"] = JsonNode.Parse(value);
                    }
                }

                yield return whole.ToJsonString();
            }
        }
    }

    private static void Walk(JsonNode node, string[] path, List<string[]> paths)
    {
        var below = node switch
        {
            JsonObject members => members.Select(static member => (member.Key, member.Value)),
            JsonArray items => items.Select(static (item, index) => (index.ToString(System.Globalization.CultureInfo.InvariantCulture), item)),
            _ => [],
        };
        foreach (var (name, value) in below)
        {
            paths.Add([.. path, name]);
            if (value is not null)
            {
                Walk(value, [.. path, name], paths);
            }
        }
    }
}
