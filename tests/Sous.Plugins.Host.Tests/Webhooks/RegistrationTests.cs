using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Webhooks;

/// <summary>What the operator registers at a service, and that the composed host answers there.</summary>
public sealed class RegistrationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_api_shows_the_operator_alone_which_address_to_register_and_what_is_missing()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.PostAsync("/api/v1/tenants", new { id = "mine" }, HttpStatusCode.Created);
        var key = (await host.PostAsync("/api/v1/keys", new { scope = "tenant:mine" }, HttpStatusCode.Created)).GetProperty("key").GetString();
        using var tenant = new HttpClient { BaseAddress = host.Address };
        tenant.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

        var shown = (await host.Admin.GetFromJsonAsync<JsonElement>("/api/v1/drivers/square", Token)).GetProperty("webhook");
        var address = new Uri(shown.GetProperty("address").GetString()!);
        var hidden = await tenant.GetFromJsonAsync<JsonElement>("/api/v1/drivers/square", Token);
        using var unset = await tenant.PostAsync(address, new StringContent("{}"), Token);
        using var wrong = await tenant.PostAsync(new Uri($"{address.AbsoluteUri[..^1]}_"), new StringContent("{}"), Token);

        Assert.StartsWith(new Uri(host.Address, "/webhooks/square/").AbsoluteUri, address.AbsoluteUri, StringComparison.Ordinal);
        Assert.Contains("SOUS_Clients__square__WebhookSecret", shown.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.False(hidden.TryGetProperty("webhook", out _));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.Unauthorized), (unset.StatusCode, wrong.StatusCode));
        Assert.NotNull(unset.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_chunked_body_beyond_the_limit_is_refused_by_the_composed_host_too()
    {
        await using var host = await RunningWorker.StartAsync(("Clients:square:WebhookSecret", "SOUSCANARY-square"));
        var address = new Uri((await host.Admin.GetFromJsonAsync<JsonElement>("/api/v1/drivers/square", Token)).GetProperty("webhook").GetProperty("address").GetString()!);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new PushedContent(new byte[(1 << 20) + 4096]) };

        using var answer = await host.Admin.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
    }

    private sealed class PushedContent(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes, Token).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
