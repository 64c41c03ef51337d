using System.Text.Json;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Sdk.Manifests;

/// <summary>
/// Reads a driver.json by hand. Generated code would do the same, but is compiled anew at each start of a host for every kind of
/// member: that took longer than all else that a driver's load takes.
/// </summary>
internal static class ManifestReader
{
    private static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false };

    /// <exception cref="JsonException">It is no JSON, or a member stands twice.</exception>
    /// <exception cref="ManifestException">A member is missing, unknown or of the wrong kind.</exception>
    public static DriverManifest Read(ReadOnlySpan<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8.ToArray(), s_lenient);
        var place = new Place("$", Object("$", document.RootElement));
        place.AllowOnly("$schema", "id", "name", "version", "assembly", "contract", "apiAddress", "allowedHosts", "authorization", "streams", "rateLimits", "settings", "coverage");
        return new DriverManifest
        {
            SchemaAddress = place.Text("$schema"),
            Id = place.Needed("id"),
            Name = place.Needed("name"),
            Version = place.Needed("version"),
            Assembly = place.Needed("assembly"),
            Contract = place.Needed("contract"),
            ApiAddress = place.Address("apiAddress") ?? throw place.Lacks("apiAddress"),
            AllowedHosts = place.Texts("allowedHosts"),
            Authorization = ReadAuthorization(new Place("$.authorization", Object("$.authorization", place.Find("authorization") ?? throw place.Lacks("authorization")))),
            Streams = [.. ReadItems(place, "streams", isNeeded: true).Select(ReadStream)],
            RateLimits = [.. ReadItems(place, "rateLimits", isNeeded: false).Select(ReadRateLimit)],
            Settings = place.Find("settings") is { ValueKind: not JsonValueKind.Null } settings ? settings.Clone() : null,
            Coverage = place.Words("coverage"),
        };
    }

    private static AuthorizationManifest ReadAuthorization(Place place)
    {
        place.AllowOnly(
            "kind", "authorizeAddress", "tokenAddress", "revokeAddress", "issuer", "scopes", "parameters", "clientAuthentication", "body", "pkce", "refreshToken",
            "defaultLifeSeconds", "refreshAgeSeconds", "codeLifeSeconds", "loginsPerHour", "tokenRequestsPerMinute", "keyHeader");
        return new AuthorizationManifest
        {
            Kind = (AuthorizationKind)place.Choice("kind", "oauth_code", "client_credentials", "api_key", isNeeded: true),
            AuthorizeAddress = place.Address("authorizeAddress"),
            TokenAddress = place.Address("tokenAddress"),
            RevokeAddress = place.Address("revokeAddress"),
            Issuer = place.Text("issuer"),
            Scopes = place.Texts("scopes"),
            Parameters = place.Words("parameters"),
            ClientAuthentication = (ClientAuthentication)place.Choice("clientAuthentication", "body", "basic"),
            Body = (TokenBody)place.Choice("body", "form", "json"),
            Pkce = (Pkce)place.Choice("pkce", "s256", "unavailable"),
            RefreshToken = (RefreshTokenUse)place.Choice("refreshToken", "reusable", "single_use", "none"),
            DefaultLifeSeconds = place.Number("defaultLifeSeconds") ?? 0,
            RefreshAgeSeconds = place.Number("refreshAgeSeconds"),
            CodeLifeSeconds = place.Number("codeLifeSeconds") ?? 0,
            LoginsPerHour = place.Number("loginsPerHour") ?? 0,
            TokenRequestsPerMinute = place.Number("tokenRequestsPerMinute") ?? 0,
            KeyHeader = place.Text("keyHeader"),
        };
    }

    private static StreamManifest ReadStream(Place stream)
    {
        stream.AllowOnly("name", "scope", "schedule", "pageLimit", "backfillDays", "windowDays");
        return new StreamManifest
        {
            Name = stream.Needed("name"),
            Scope = (StreamScope)stream.Choice("scope", "location", "connection", isNeeded: true),
            Schedule = stream.Needed("schedule"),
            PageLimit = stream.Number("pageLimit") ?? 0,
            BackfillDays = stream.Number("backfillDays") ?? 0,
            WindowDays = stream.Number("windowDays"),
        };
    }

    private static RateLimit ReadRateLimit(Place limit)
    {
        limit.AllowOnly("of", "requests", "seconds", "path");
        return new RateLimit
        {
            Of = (RateLimitScope)limit.Choice("of", "registration", "connection", isNeeded: true),
            Requests = limit.Number("requests") ?? throw limit.Lacks("requests"),
            Seconds = limit.Number("seconds") ?? throw limit.Lacks("seconds"),
            Path = limit.Text("path"),
        };
    }

    private static List<Place> ReadItems(Place place, string name, bool isNeeded)
    {
        var items = new List<Place>();
        if (place.Find(name) is not { } found)
        {
            return isNeeded ? throw place.Lacks(name) : items;
        }

        if (found.ValueKind != JsonValueKind.Array)
        {
            throw Place.Wrong($"$.{name}", "is not a list");
        }

        foreach (var item in found.EnumerateArray())
        {
            var at = $"$.{name}[{items.Count}]";
            items.Add(new Place(at, Object(at, item)));
        }

        return items;
    }

    private static JsonElement Object(string path, JsonElement found) => found.ValueKind == JsonValueKind.Object ? found : throw Place.Wrong(path, "is not an object");
}
