using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Tests.Guards;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Live.Proxy;

/// <summary>The wall between tenants of one client registration: Toast's client sees every tenant's restaurants.</summary>
public sealed class SharedLoginTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_login_that_sees_several_tenants_is_passed_on_for_an_admin_key_alone()
    {
        await using var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0 }, cancellationToken: Token);
        await using var host = await GuardedHost.StartAsync(("toast", toast.Address, toast.Options.ClientId, toast.ClientSecret));
        var restaurants = toast.Truth.Restaurants;
        var connection = await host.BindAsync("toast", new { restaurants = new[] { restaurants[0].Id } });
        var key = (await host.Worker.PostAsync("/api/v1/keys", new { scope = "tenant:t1" }, HttpStatusCode.Created)).GetProperty("key").GetString()!;
        var before = toast.Requests.Count;

        // The tenant's own restaurant too: a path, a query and a body can name what the header does not.
        foreach (var restaurant in restaurants.Take(2))
        {
            using var refused = await AskAsync(host, connection, restaurant.Id, key);
            Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (refused.StatusCode, (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString()));
        }

        Assert.DoesNotContain(toast.Requests.Skip(before), static request => request.Headers.ContainsKey("X-Own"));
        using var answer = await AskAsync(host, connection, restaurants[0].Id, null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var asked = Assert.Single(toast.Requests, static request => request.Headers.ContainsKey("X-Own"));
        Assert.Equal(restaurants[0].Id, asked.Headers["Toast-Restaurant-External-ID"]);
    }

    private static async Task<HttpResponseMessage> AskAsync(GuardedHost host, string connection, string restaurant, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/tenants/t1/connections/{connection}/proxy/restaurants/v1/restaurants/{restaurant}");
        request.Headers.Add("Toast-Restaurant-External-ID", restaurant);
        request.Headers.Add("X-Own", "1");
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return await host.Worker.Admin.SendAsync(request, Token);
    }
}
