using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Tests.Dashboard;

namespace Sous.Plugins.Host.Tests.Access;

/// <summary>Invariant 25: every route of the composed host, times every kind of wrong caller.</summary>
public sealed class RouteWalkTests
{
    private static readonly string[] s_open = ["/health/", "/connect/", "/oauth/", "/webhooks/", "/openapi", "/dashboard/sign-in"];

    /// <summary>What any key may read, since it is about no tenant.</summary>
    private static readonly string[] s_common = ["GET /api/v1/drivers"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_refuses_every_wrong_caller()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.PostAsync("/api/v1/tenants", new { id = "mine" }, HttpStatusCode.Created);
        await host.PostAsync("/api/v1/tenants", new { id = "other" }, HttpStatusCode.Created);
        var tenantKey = (await host.PostAsync("/api/v1/keys", new { scope = "tenant:mine" }, HttpStatusCode.Created)).GetProperty("key").GetString()!;
        using var browser = await DashboardBrowser.SignInAsync(host, tenantKey);
        var session = browser.Cookie;
        var opensNothing = await WrongKeysAsync(host);
        var wrong = new List<string>();
        var walked = 0;
        foreach (var route in host.Worker.Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = "/" + route.RoutePattern.RawText!.Trim('/');
            if (route.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            {
                wrong.AddRange(s_open.Append(DashboardAssets.Style.Address).Append(DashboardAssets.Script.Address).Any(open => pattern.StartsWith(open, StringComparison.Ordinal)) ? [] : [$"{pattern} is open to anybody"]);
                continue;
            }

            var level = Level(route);
            var isPage = DashboardPage.IsFor(pattern);
            var tenantCaller = isPage ? session : tenantKey;
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                walked++;
                // Whoever looks at a page is shown the way in.
                var closed = isPage && (method is "GET" or "HEAD") ? HttpStatusCode.SeeOther : HttpStatusCode.Unauthorized;
                foreach (var key in opensNothing)
                {
                    wrong.AddRange(await AskAsync(host, method, pattern, key, isPage, closed));
                }

                wrong.AddRange(level switch
                {
                    AccessLevel.Admin or AccessLevel.AdminOrThisMachine => await AskAsync(host, method, pattern, tenantCaller, isPage, HttpStatusCode.Forbidden),
                    AccessLevel.Tenant => await AskAsync(host, method, pattern, tenantCaller, isPage, HttpStatusCode.NotFound),
                    AccessLevel.Key when isPage || s_common.Contains($"{method} {pattern}") => [],
                    AccessLevel.Key when pattern.Contains('{', StringComparison.Ordinal) => await AskAsync(host, method, pattern, tenantCaller, isPage, HttpStatusCode.NotFound),
                    AccessLevel.Key => [$"{method} {pattern} is open to every tenant's key and is not said to be about none"],
                    _ => [$"{method} {pattern} says nothing of access"],
                });
            }
        }

        Assert.Empty(wrong);
        Assert.True(walked >= 20, $"Only {walked} routes were walked.");
    }

    /// <summary>None, and one of each kind that opens nothing: malformed, mistyped, unknown, expired, revoked.</summary>
    private static async Task<string?[]> WrongKeysAsync(RunningWorker host)
    {
        var keys = host.Worker.Get<KeyStore>();
        var (mistyped, expired, revoked) = (KeyText.Make().Text, KeyText.Make(), KeyText.Make());
        await keys.AddAsync(expired, KeyScope.Admin, null, DateTimeOffset.UnixEpoch, "test", Token);
        await keys.AddAsync(revoked, KeyScope.Admin, null, null, "test", Token);
        await keys.RevokeAsync(revoked.Id, "test", Token);
        return [null, "nonsense", mistyped[..^1] + (mistyped[^1] == '0' ? '1' : '0'), KeyText.Make().Text, expired.Text, revoked.Text];
    }

    private static AccessLevel? Level(RouteEndpoint route) => route.Metadata.GetOrderedMetadata<AuthorizationPolicy>()
        .SelectMany(policy => policy.Requirements.OfType<AccessRequirement>())
        .Select(requirement => (AccessLevel?)requirement.Level)
        .Max();

    private static async Task<IEnumerable<string>> AskAsync(RunningWorker host, string method, string pattern, string? shown, bool isPage, HttpStatusCode expected)
    {
        var path = string.Join('/', pattern.Split('/').Select(part => part == "{tenant}" ? "other" : part.StartsWith('{') ? "x" : part));
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(host.Address, path));
        if (shown is not null)
        {
            request.Headers.Add(isPage ? "Cookie" : "Authorization", isPage ? $"dashboard={shown}" : $"Bearer {shown}");
        }

        // By a proxy on this machine: what this machine itself may do without a key is another test's.
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        using var response = await client.SendAsync(request, Token);
        return response.StatusCode == expected ? [] : [$"{method} {path} answered {(int)response.StatusCode} instead of {(int)expected}"];
    }
}
