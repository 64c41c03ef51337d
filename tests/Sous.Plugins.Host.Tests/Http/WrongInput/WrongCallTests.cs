using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Live.Proxy;

namespace Sous.Plugins.Host.Tests.Http.WrongInput;

/// <summary>
/// Invariant 27, a row for each wrong call of the API: its status, the field that it names (none where it is no field's fault), and its sentence to the letter.
/// <c>T</c> stands for the tenant's address, <c>C</c> for its connection's, <c>{long}</c> for 5,000 letters.
/// </summary>
public sealed class WrongCallTests(WrongInputHost host) : IClassFixture<WrongInputHost>
{
    private const string NotSeen = "The address names nothing that this key can see.";
    private const string NoRoute = "There is no such route: /openapi/v1.json tells those that there are.";
    private const string TenantRule = "A tenant's id is 1 to 64 letters, digits, '_' and '-'.";
    private const string ScopeRule = "The scope is 'admin' or 'tenant:T' with the id of a tenant.";
    private const string Days = "'from' and 'to' are both business days such as 2026-03-14, or both instants such as 2026-03-14T08:00:00Z.";
    private const string AsOf = "'asOf' is an instant such as 2026-03-14T08:00:00Z, or a day such as 2026-03-14, at its end in UTC.";
    private const string UrlRule = "The url is an https address of at most 2000 characters.";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    // What is no JSON, or none of this request's.
    [InlineData("POST /api/v1/tenants", "not json secret-value", 400, "body", "The body is not JSON: line 1, byte 2.")]
    [InlineData("POST /api/v1/tenants", """{"id":"a" """, 400, "body", "The body is not JSON: line 1, byte 11.")]
    [InlineData("POST /api/v1/tenants", "[]", 400, "body", "The body is an object.")]
    [InlineData("POST /api/v1/tenants", "null", 400, "body", "A JSON body is needed.")]
    [InlineData("POST /api/v1/tenants", "", 400, "body", "A JSON body is needed.")]
    [InlineData("POST /api/v1/tenants", """{"id":7}""", 400, "id", "'id' is a text.")]
    [InlineData("POST /api/v1/tenants", """{"id":"a","id":"b"}""", 400, "id", "'id' stands there twice.")]
    [InlineData("POST /api/v1/tenants", """{"id":"a","secret-valu":1}""", 400, "secret-valu", "'secret-valu' is not a member of this request.")]
    [InlineData("POST /api/v1/tenants", """{"id":"a","name":"{huge}"}""", 413, "", "The body is larger than this takes: 1 MiB, where nothing else is said.")]
    [InlineData("POST /api/v1/tenants as text/plain", """{"id":"a"}""", 415, "", "The body is JSON, and its Content-Type application/json.")]
    [InlineData("PUT /api/v1/tenants", "{}", 405, "", "This address takes GET, POST.")]
    [InlineData("GET /api/v1/nothing", null, 404, "", NoRoute)]
    [InlineData("GET /api/v2/tenants", null, 404, "", NoRoute)]
    // Tenants, keys, secrets, audit trail, emergency.
    [InlineData("POST /api/v1/tenants", """{"id":"a b"}""", 400, "id", TenantRule)]
    [InlineData("POST /api/v1/tenants", """{"id":"{long}"}""", 400, "id", TenantRule)]
    [InlineData("POST /api/v1/tenants", """{"id":"t2","name":""}""", 400, "name", "The name has 1 to 200 characters.")]
    [InlineData("POST /api/v1/tenants", """{"id":"t1"}""", 409, "", "There is a tenant 't1' already.")]
    [InlineData("DELETE /api/v1/tenants/a%20b", null, 404, "", NotSeen)]
    [InlineData("POST /api/v1/keys", """{"scope":"Admin"}""", 400, "scope", ScopeRule)]
    [InlineData("POST /api/v1/keys", """{"scope":"tenant:nobody"}""", 400, "scope", "There is no tenant 'nobody'.")]
    [InlineData("POST /api/v1/keys", """{"scope":"admin","expiresAt":"yesterday"}""", 400, "expiresAt", "'expiresAt' is an instant such as 2026-03-14T08:00:00Z.")]
    [InlineData("POST /api/v1/keys", """{"scope":"admin","expiresAt":"2099-12-31T00:00:00"}""", 400, "expiresAt", "'expiresAt' is an instant such as 2026-03-14T08:00:00Z.")]
    [InlineData("POST /api/v1/keys", """{"scope":"admin","expiresAt":"2020-01-01T00:00:00Z"}""", 400, "expiresAt", "A key expires in the future, or never.")]
    [InlineData("DELETE /api/v1/keys/nope", null, 404, "", NotSeen)]
    [InlineData("POST /api/v1/secrets/rotate-master", """{"newKeyFile":"relative"}""", 400, "newKeyFile", "The new key file is named by its absolute path on the host's machine.")]
    [InlineData("GET /api/v1/audit?after=-1", null, 400, "after", "'after' is a whole number from 0.")]
    [InlineData("GET /api/v1/audit?limit=10&limit=20", null, 400, "limit", "'limit' is a whole number from 1 to 1000.")]
    [InlineData("GET /api/v1/audit/verification?head=zz", null, 400, "head", "'entries' and 'head' go together: how many entries there were, and the hash of the last of them.")]
    [InlineData("POST /api/v1/emergency/freeze-tenant", "{}", 400, "tenant", "Name the tenant.")]
    [InlineData("POST /api/v1/emergency/freeze-tenant", """{"tenant":"nobody"}""", 400, "tenant", "There is no such tenant.")]
    [InlineData("POST /api/v1/emergency/revoke-all", """{"driver":"square","tenant":"t1"}""", 400, "driver", "Name either a driver or a tenant: all grants of just that are withdrawn.")]
    [InlineData("PUT /api/v1/log-levels/Sous", """{"level":"loud"}""", 400, "level", "'level' is one of verbose, debug, information, warning, error, fatal.")]
    // Drivers and connections.
    [InlineData("GET /api/v1/drivers/SQUARE", null, 404, "", NotSeen)]
    [InlineData("POST /api/v1/drivers/square/enable?folder=../../etc", null, 409, "", "The folder \"../../etc\" climbs out with ... Name it as `plugins list` does.")]
    [InlineData("POST /api/v1/drivers/square/release", null, 409, "", "The driver square is not quarantined.")]
    [InlineData("POST T/connect-sessions", "{}", 400, "driver", "Name the driver of the service that is to be connected.")]
    [InlineData("POST T/connect-sessions", """{"driver":"square","completion":"sometimes"}""", 400, "completion", "'completion' is one of required, automatic.")]
    [InlineData("POST T/connect-sessions", """{"driver":"square","initiator":"anna","returnTo":"elsewhere"}""", 400, "returnTo", "There is no return address 'elsewhere': it is the id of one that is registered as SOUS_ReturnAddresses__ID.")]
    [InlineData("POST T/connect-sessions", """{"driver":"square","initiator":"anna","settings":{"token":"secret-value"}}""", 400, "settings", "The driver 'square' has no settings.")]
    [InlineData("POST T/connect-sessions", """{"driver":"toast"}""", 409, "", "Toast is not connected in a browser.")]
    [InlineData("POST T/connections", """{"driver":"toast","settings":{"restaurants":[]}}""", 400, "settings.restaurants", "restaurants: the list is wrong: Value should have at least 1 items.")]
    [InlineData("POST T/connections", """{"driver":"nobody"}""", 400, "driver", "There is no driver of that id that serves.")]
    [InlineData("GET /api/v1/tenants/nobody/connections", null, 404, "", NotSeen)]
    [InlineData("PATCH C", """{"status":"ok"}""", 400, "status", "'status' is not a member of this request.")]
    [InlineData("PATCH C", """{"settings":"secret-value"}""", 400, "settings", "The settings are an object.")]
    [InlineData("PUT C/credentials", """{"apiKey":"secret-value"}""", 409, "", "This connection has no key to be entered: its owner reconnects in a browser, or the operator changes the client registration.")]
    // Locations.
    [InlineData("PUT C/locations/nope", """{"ownId":""}""", 400, "ownId", "The platform's own id of the location is needed, 1 to 200 characters.")]
    [InlineData("PUT C/locations/nope", """{"ownId":"a","businessDayStart":"25:00"}""", 400, "businessDayStart", "The start of the business day is a local time of day written as HH:mm.")]
    [InlineData("PUT T/own-locations", """{"items":[{"ownId":"a"},{"ownId":"a"}]}""", 400, "items[1].ownId", "'a' stands in the list twice.")]
    [InlineData("PUT T/own-locations", """{"items":"all"}""", 400, "items", "'items' is a list.")]
    // Syncs and runs.
    [InlineData("PUT C/syncs/sales", """{"schedule":"often","enabled":true}""", 400, "schedule", "The schedule 'often' has 1 fields; a cron expression has 5, or 6 with seconds.")]
    [InlineData("PUT C/syncs/sales", """{"schedule":"0 0 30 2 *","enabled":true}""", 400, "schedule", "The schedule '0 0 30 2 *' never comes.")]
    [InlineData("PUT C/syncs/sales", """{"schedule":"* * * * *","enabled":"yes"}""", 400, "enabled", "'enabled' is true or false.")]
    [InlineData("PUT C/syncs/sales", """{"schedule":"* * * * *","enabled":true,"timeZone":"Mars/Olympus"}""", 400, "timeZone", "The time zone 'Mars/Olympus' is not known here; an IANA name such as Europe/Berlin is needed.")]
    [InlineData("PUT C/syncs/sales", """{"schedule":"* * * * *","enabled":true,"quietHours":{"from":"22:00"}}""", 400, "quietHours", "Quiet hours have a from and a to, each a local time of day written as HH:mm.")]
    [InlineData("PUT C/syncs/Sales", """{"schedule":"* * * * *","enabled":true}""", 404, "", NotSeen)]
    [InlineData("POST C/syncs/sales/runs", """{"from":"2026-13-01"}""", 400, "from", "'from' is a day such as 2026-03-14.")]
    [InlineData("POST C/syncs/sales/runs", """{"from":"2026-03-10","to":"2026-03-01"}""", 400, "from", "The first day, 2026-03-10, is after the last, 2026-03-01.")]
    [InlineData("POST C/syncs/sales/runs", """{"from":"2126-03-10"}""", 400, "from", "The first day, 2126-03-10, has not begun anywhere.")]
    [InlineData("POST C/syncs/sales/runs", """{"from":"0202-03-10"}""", 400, "from", "The first day, 0202-03-10, is more than 3660 days ago: all that has changed since would be fetched with it.")]
    [InlineData("POST C/syncs/sales/runs", """{"to":"0202-03-10"}""", 400, "to", "The first day, 0202-03-10, is more than 3660 days ago: all that has changed since would be fetched with it.")]
    [InlineData("POST C/syncs/catalog/runs", """{"from":"2026-03-01"}""", 400, "from", "Only sales can be asked for by business days.")]
    [InlineData("GET C/runs?limit=abc", null, 400, "limit", "'limit' is a whole number from 1 to 1000.")]
    [InlineData("GET C/runs?stream=nope", null, 400, "stream", "'stream' is one of sales, catalog, files.")]
    [InlineData("POST /api/v1/runs/nope/cancel", null, 404, "", NotSeen)]
    [InlineData("PUT C/syncs/sales/checkpoints", """{"items":[{"position":"secret-value"}]}""", 400, "items", "Each checkpoint has a position and its seal, as they were answered here.")]
    // Feed, records, days, events.
    [InlineData("GET T/changes?after=x", null, 400, "after", "'after' is a whole number from 0.")]
    [InlineData("GET T/changes?wait=31", null, 400, "wait", "'wait' is a whole number from 0 to 30.")]
    [InlineData("GET T/changes?location={long}", null, 400, "location", "'location' is given once and has 1 to 200 characters.")]
    [InlineData("GET T/records/catalog", null, 400, "stream", "Only 'sales' can be read by business days; the others are read from the feed.")]
    [InlineData("GET T/records/sales?from=2026-02-30", null, 400, "from", "'from' is a day such as 2026-03-14.")]
    [InlineData("GET T/records/sales?asOf=2026-03-01T00:00:00", null, 400, "asOf", AsOf)]
    [InlineData("GET T/records/sales?after=garbage", null, 400, "after", "'after' is the 'next' of an answer before.")]
    [InlineData("GET T/days", null, 400, "from", "'from' or 'to' is needed: business days, inclusive, such as 2026-03-14.")]
    [InlineData("GET T/days?from=0001-01-01&to=9999-12-31", null, 400, "to", "At most 92 days can be asked for at once.")]
    [InlineData("PUT /api/v1/tenants?x=1", "{}", 405, "", "This address takes GET, POST.")]
    [InlineData("GET T/changes?steam=sales", null, 400, "steam", "'steam' is no parameter of this address; there are after, feed, stream, location, limit, wait.")]
    [InlineData("GET C?limt=5", null, 400, "limt", "'limt' is no parameter of this address, which takes none.")]
    [InlineData("GET T/connections?limt=5", null, 400, "limt", "'limt' is no parameter of this address; there are after, limit.")]
    [InlineData("GET T/connections?limit=1001", null, 400, "limit", "'limit' is a whole number from 1 to 1000.")]
    [InlineData("GET C/locations?limit=0", null, 400, "limit", "'limit' is a whole number from 1 to 1000.")]
    [InlineData("GET T/subscriptions?after=con_1", null, 400, "after", "'after' is the 'next' of an answer before.")]
    [InlineData("GET /api/v1/keys?after=", null, 400, "after", "'after' is given once and has 1 to 4000 characters.")]
    [InlineData("GET T/days?from=2026-03-14&after=x", null, 400, "after", "'after' is the 'next' of an answer before.")]
    [InlineData("GET T/events?limit=5000", null, 400, "limit", "'limit' is a whole number from 1 to 1000.")]
    // Subscriptions and deliveries.
    [InlineData("POST T/subscriptions", "{}", 400, "url", UrlRule)]
    [InlineData("POST T/subscriptions", """{"url":"https://x.example/{long}"}""", 400, "url", UrlRule)]
    [InlineData("POST T/subscriptions", """{"url":"https://user:secret-value@x.example/"}""", 400, "url", "The url has neither a user name nor a fragment.")]
    [InlineData("POST T/subscriptions", """{"url":"https://x.example/","events":[]}""", 400, "events", "'events' has 1 to 50 entries; leave it out for all.")]
    [InlineData("POST T/subscriptions", """{"url":"https://x.example/","events":"order.created"}""", 400, "events", "'events' is a list.")]
    [InlineData("POST T/subscriptions/nope/rotate-secret", """{"overlapHours":-1}""", 400, "overlapHours", "'overlapHours' is 0 to 720: for so long the old secret signs beside the new one.")]
    [InlineData("GET T/deliveries?state=lost", null, 400, "state", "'state' is one of pending, delivered, dead, canceled.")]
    [InlineData("POST T/deliveries/nope/replay", null, 404, "", NotSeen)]
    // Live calls, backup, adoption.
    [InlineData("GET T/pos/sales?from=x&to=y", null, 400, "from", Days)]
    [InlineData("GET T/pos/sales?from=2026-03-10&to=2026-03-01", null, 400, "from", "The first day is after the last.")]
    [InlineData("GET T/pos/sales?from=0001-01-01&to=9999-12-31", null, 400, "from", "At most 366 days can be asked for at once.")]
    [InlineData("GET T/storage/files?folder={long}", null, 400, "folder", "'folder' is given once and has 1 to 200 characters.")]
    [InlineData("GET C/proxy/v2%2Flocations", null, 400, "path", ProxyTarget.Rule)]
    [InlineData("GET C/proxy/v2/locations", "{}", 400, "body", "A GET has no body.")]
    [InlineData("POST C/proxy/v2/locations", "x{huge}", 413, "", "Request body too large. The max request body size is 1048576 bytes.")]
    [InlineData("POST T/connections/nope/proxy/v2/locations", "{}", 404, "", NotSeen)]
    [InlineData("POST /api/v1/adopt", null, 409, "", "This host was not restored from a backup: there is nothing to adopt.")]
    public async Task Is_told_what_is_wrong(string call, string? body, int status, string field, string sentence)
    {
        var (method, path, type) = call.Split(' ') switch
        {
            [var verb, var address, "as", var other] => (verb, address, other),
            [var verb, var address] => (verb, address, "application/json"),
            _ => throw new ArgumentException(call, nameof(call)),
        };
        using var request = new HttpRequestMessage(new HttpMethod(method), AddressOf(path));
        request.Content = body is null ? null : new StringContent(Filled(body), Encoding.UTF8, type);

        // Else the answer to one that is refused by its length may be lost with the connection that it is still being written to.
        request.Headers.ExpectContinue = body is not null;

        using var response = await host.Client.SendAsync(request, Token);

        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True((int)response.StatusCode == status && text.Length > 0, $"{(int)response.StatusCode} {text}");
        using var problem = JsonDocument.Parse(text);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(sentence, problem.RootElement.GetProperty("detail").GetString());
        Assert.NotEmpty(problem.RootElement.GetProperty("code").GetString()!);
        Assert.DoesNotContain("secret-value", text, StringComparison.Ordinal);
        if (field.Length > 0)
        {
            Assert.Equal(sentence, problem.RootElement.GetProperty("errors").GetProperty(field)[0].GetString());
        }
    }

    private string AddressOf(string path) => Filled(path switch
    {
        ['T', ..] => $"/api/v1/tenants/t1{path[1..]}",
        ['C', ..] => $"/api/v1/tenants/t1/connections/{host.Connection}{path[1..]}",
        _ => path,
    });

    private static string Filled(string text)
        => text.Replace("{long}", new string('x', 5_000), StringComparison.Ordinal).Replace("{huge}", new string('x', 1 << 20), StringComparison.Ordinal);
}
