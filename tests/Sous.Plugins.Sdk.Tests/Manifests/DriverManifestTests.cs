using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Sdk.Tests.Manifests;

public sealed class DriverManifestTests
{
    private const string Good = """
        {
          "$schema": "driver.schema.json",
          "id": "acme-pos", "name": "Acme", "version": "1.2.3", "assembly": "Acme.Pos.dll", "contract": "1.0",
          "apiAddress": "https://api.acme.test/", "allowedHosts": ["*.acme.test", "files.acme.test"],
          "authorization": {
            "kind": "oauth_code", "authorizeAddress": "https://acme.test/authorize", "tokenAddress": "https://acme.test/token", "revokeAddress": "https://acme.test/revoke",
            "issuer": "https://acme.test", "scopes": ["sales.read"], "parameters": { "access_type": "offline" }, "clientAuthentication": "basic", "body": "form",
            "pkce": "s256", "refreshToken": "single_use", "defaultLifeSeconds": 3600, "refreshAgeSeconds": 604800, "codeLifeSeconds": 60,
            "tokenRequestsPerMinute": 120
          },
          "streams": [{ "name": "sales", "scope": "location", "schedule": "*/5 * * * *", "pageLimit": 100, "backfillDays": 30, "windowDays": 31 }],
          "rateLimits": [{ "of": "connection", "requests": 20, "seconds": 1 }, { "of": "registration", "requests": 5, "seconds": 1, "path": "/v1/orders/bulk" }],
          "settings": { "type": "object" },
          "coverage": { "Voids": "no" }
        }
        """;

    private static readonly JsonSchema Schema = JsonSchema.FromText(Encoding.UTF8.GetString(DriverManifest.ReadSchema()));

    public static TheoryData<string, string> Wrongs => new()
    {
        { "/id", "\"Acme POS\"" }, { "/id", "null" }, { "/version", "\"one\"" }, { "/assembly", "\"../evil.dll\"" }, { "/contract", "\"1\"" },
        { "/apiAddress", "\"ftp://acme.test/\"" }, { "/allowedHosts", "[\"*\"]" }, { "/allowedHosts", "[\"a/b\"]" }, { "/surprise", "1" },
        { "/authorization/kind", "\"magic\"" }, { "/authorization/tokenAddress", "null" }, { "/authorization/defaultLifeSeconds", "5" }, { "/authorization/pkce", "\"plain\"" },
        { "/authorization/surprise", "1" }, { "/authorization/tokenRequestsPerMinute", "0" }, { "/streams", "[]" }, { "/streams/0/name", "\"gossip\"" }, { "/streams/0/scope", "\"universe\"" }, { "/streams/0/pageLimit", "1001" },
        { "/streams/0/backfillDays", "0" }, { "/streams/0/schedule", "null" }, { "/coverage/Voids", "false" },
        { "/rateLimits", "{}" }, { "/rateLimits/0/of", "\"tenant\"" }, { "/rateLimits/0/requests", "0" }, { "/rateLimits/0/seconds", "null" }, { "/rateLimits/0/surprise", "1" },
        { "/rateLimits/1/path", "7" }, { "/rateLimits/1/path", "\"\"" }, { "/rateLimits/1/path", "\"/\"" }, { "/rateLimits/1/path", "\"v1/orders\"" }, { "/rateLimits/1/path", "\"/v1/orders/\"" }, { "/rateLimits/1/path", "\"/v1//orders\"" },
        { "/rateLimits/1/path", "\"/v1/orders?page=1\"" }, { "/rateLimits/1/path", "\"https://api.acme.test/v1/orders\"" }, { "/rateLimits/1/path", "\"/v1/orders, /v1/items\"" },
    };

    [Fact]
    public void A_good_one_is_good_by_the_schema_and_reads_as_it_is_written()
    {
        var manifest = DriverManifest.Read(Encoding.UTF8.GetBytes(Good));

        Assert.True(IsGood(Good));
        Assert.Equal(("acme-pos", "Acme.Pos.dll", "https://api.acme.test/"), (manifest.Id, manifest.Assembly, manifest.ApiAddress.AbsoluteUri));
        Assert.Equal((AuthorizationKind.OauthCode, ClientAuthentication.Basic, TokenBody.Form, Pkce.S256, RefreshTokenUse.SingleUse),
            (manifest.Authorization.Kind, manifest.Authorization.ClientAuthentication, manifest.Authorization.Body, manifest.Authorization.Pkce, manifest.Authorization.RefreshToken));
        Assert.Equal(new StreamManifest { Name = "sales", Scope = StreamScope.Location, Schedule = "*/5 * * * *", PageLimit = 100, BackfillDays = 30, WindowDays = 31 }, Assert.Single(manifest.Streams));
        Assert.Equal(
            [new RateLimit { Of = RateLimitScope.Connection, Requests = 20, Seconds = 1 }, new RateLimit { Of = RateLimitScope.Registration, Requests = 5, Seconds = 1, Path = "/v1/orders/bulk" }],
            manifest.RateLimits);
        Assert.Equal("no", manifest.Coverage["Voids"]);
    }

    [Fact]
    public void What_a_manifest_does_not_say_has_its_default()
    {
        var manifest = DriverManifest.Read("""
            {
              "id": "acme-pos", "name": "Acme", "version": "1.2.3", "assembly": "Acme.Pos.dll", "contract": "1.0", "apiAddress": "https://api.acme.test/",
              "authorization": { "kind": "oauth_code" },
              "streams": [{ "name": "sales", "scope": "location", "schedule": "*/5 * * * *" }]
            }
            """u8);

        Assert.Equal((3600, 300, 600), (manifest.Authorization.DefaultLifeSeconds, manifest.Authorization.CodeLifeSeconds, manifest.Authorization.TokenRequestsPerMinute));
        Assert.Equal((500, 90, null), (manifest.Streams[0].PageLimit, manifest.Streams[0].BackfillDays, manifest.Streams[0].WindowDays));
        Assert.Equal(60, manifest.Authorization.LoginsPerHour);
        Assert.Empty(manifest.AllowedHosts);
        Assert.Empty(manifest.RateLimits);
        Assert.Empty(manifest.Authorization.Scopes);
        Assert.Empty(manifest.Authorization.Parameters);
        Assert.Empty(manifest.Coverage);
    }

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void The_schema_refuses(string member, string value)
    {
        var manifest = JsonNode.Parse(Good)!;
        var steps = member.Split('/')[1..];
        var at = steps[..^1].Aggregate(manifest, (node, step) => int.TryParse(step, out var index) ? node[index]! : node[step]!);
        if (value == "null")
        {
            at.AsObject().Remove(steps[^1]);
        }
        else
        {
            at[steps[^1]] = JsonNode.Parse(value);
        }

        Assert.False(IsGood(manifest.ToJsonString()), $"{member} = {value}");
    }

    [Theory]
    [InlineData("\"id\"", "\"ld\"", "ld")]
    [InlineData("\"id\": \"acme-pos\",", "", "id")]
    [InlineData("\"oauth_code\"", "\"magic\"", "$.authorization.kind")]
    [InlineData("\"oauth_code\"", "0", "$.authorization.kind")]
    [InlineData("\"pageLimit\": 100", "\"pageLimit\": \"many\"", "$.streams[0].pageLimit")]
    [InlineData("\"path\": \"/v1/orders/bulk\"", "\"path\": [\"/v1/orders/bulk\"]", "$.rateLimits[1].path")]
    [InlineData("\"path\"", "\"pathe\"", "$.rateLimits[1].pathe")]
    [InlineData("\"name\": \"Acme\"", "\"name\": null", "name")]
    [InlineData("\"name\": \"Acme\"", "\"name\": \"Acme\", \"name\": \"Twice\"", "name")]
    [InlineData("\"coverage\"", "\"coverage", "$")]
    public void Reading_names_the_member_that_is_wrong(string from, string to, string named)
    {
        var failure = Assert.Throws<ManifestException>(() => DriverManifest.Read(Encoding.UTF8.GetBytes(Good.Replace(from, to, StringComparison.Ordinal))));

        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_describes_every_member_that_is_read()
    {
        var schema = JsonElement.Parse(DriverManifest.ReadSchema());
        Assert.Equal(Names(typeof(DriverManifest)), Properties(schema));
        Assert.Equal(Names(typeof(AuthorizationManifest)), Properties(schema.GetProperty("properties").GetProperty("authorization")));
        Assert.Equal(Names(typeof(StreamManifest)), Properties(schema.GetProperty("properties").GetProperty("streams").GetProperty("items")));
        Assert.Equal(Names(typeof(RateLimit)), Properties(schema.GetProperty("properties").GetProperty("rateLimits").GetProperty("items")));
    }

    [Fact]
    public void The_drivers_of_the_tree_have_good_manifests()
    {
        var plugins = Path.Combine(Root(), "plugins");
        var files = Directory.GetDirectories(plugins, "Sous.Plugins.*").Select(folder => Path.Combine(folder, "driver.json")).ToList();

        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.True(IsGood(File.ReadAllText(file)), file));
        Assert.All(files, file => DriverManifest.Read(File.ReadAllBytes(file)));
    }

    private static bool IsGood(string json) => Schema.Evaluate(JsonElement.Parse(json)).IsValid;

    private static IEnumerable<string> Properties(JsonElement schema) => schema.GetProperty("properties").EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Names(Type type) => type.GetProperties()
        .Select(property => property.Name == nameof(DriverManifest.SchemaAddress) ? "$schema" : JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(StringComparer.Ordinal);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sous.Plugins.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the tree.");
    }
}
