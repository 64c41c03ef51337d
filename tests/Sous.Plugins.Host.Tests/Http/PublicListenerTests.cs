using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Http;

/// <summary>SOUS_PublicListen: what owners and services call answers there, and nothing else does, with whatever key.</summary>
public sealed partial class PublicListenerTests
{
    private static readonly string[] s_served = ["connect", "oauth", "webhooks", "health"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_but_what_owners_and_services_call_answers_on_the_public_listener()
    {
        var address = RunningWorker.FreeAddress();
        await using var host = await RunningWorker.StartAsync(("PublicListen", address.GetLeftPart(UriPartial.Authority)));
        using var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Admin.DefaultRequestHeaders.Authorization!.Parameter);

        var routes = host.Worker.Endpoints.OfType<RouteEndpoint>().Select(static route => route.RoutePattern.RawText!.TrimStart('/')).Distinct().ToList();
        var hidden = routes.Where(static route => !s_served.Contains(route.Split('/')[0])).ToList();

        Assert.InRange(hidden.Count, 40, routes.Count - 4);
        foreach (var route in hidden)
        {
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
            {
                using var answer = await client.SendAsync(new HttpRequestMessage(method, Parameters().Replace(route, "x")), Token);
                Assert.True((answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)) == (HttpStatusCode.NotFound, ""), $"{method} /{route} answers {answer.StatusCode}.");
            }
        }

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("health/live", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync("webhooks/square/unknown", null, Token)).StatusCode);
        Assert.Contains("html", (await client.GetAsync("connect/unknown", Token)).Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("connect/../api/v1/tenants", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.GetAsync("api/v1/tenants", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Admin.GetAsync("health/live", Token)).StatusCode);
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameters();
}
