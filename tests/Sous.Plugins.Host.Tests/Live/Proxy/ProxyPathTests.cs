namespace Sous.Plugins.Host.Tests.Live.Proxy;

/// <summary>Where a passed-on call goes. One host for all: none of them changes it.</summary>
public sealed class ProxyPathTests(ProxyPathTests.Shared host) : IClassFixture<ProxyPathTests.Shared>
{
    [Theory]
    [InlineData("/../oauth2/token")]
    [InlineData("/v2/../../oauth2/token")]
    [InlineData("/v2/%2e%2e/%2E%2E/secret")]
    [InlineData("/v2/.%2e/secret")]
    [InlineData("/v2/./locations")]
    [InlineData("/v2/..;/secret")]
    [InlineData("/v2/..%2f..%2fsecret")]
    [InlineData("/v2%2Flocations")]
    [InlineData("/v2%5clocations")]
    [InlineData("/v2\\locations")]
    [InlineData("/v2/%252e%252e/secret")]
    [InlineData("//evil.example/v2")]
    [InlineData("/http://evil.example/v2")]
    [InlineData("/v2//locations")]
    [InlineData("/v2/locations%0d%0aX-A:%20b")]
    [InlineData("/v2/locations%00")]
    [InlineData("/v2/locations%c2%85")]
    [InlineData("/v2/locations%zz")]
    [InlineData("/v2/locations#part")]
    [InlineData("/v2/locations?a=b#part")]
    [InlineData("/oauth2/token")]
    [InlineData("/OAuth2/revoke/")]
    [InlineData("/oauth2/%74oken/status")]
    public async Task A_path_leads_nowhere_else(string path)
    {
        var status = await host.Value.WriteAsync(host.Value.Proxy + path);

        Assert.InRange(status, 400, 404);
        Assert.Empty(host.Value.Counter.TakeAsked());
    }

    [Theory]
    [InlineData("/@evil.example/v2", "/gateway/@evil.example/v2")]
    [InlineData("/evil.example:80/v2", "/gateway/evil.example:80/v2")]
    [InlineData("/odd/a%20b/c:d;e=f/?x=%2F..%2F&y=//", "/gateway/odd/a%20b/c:d;e=f/?x=%2F..%2F&y=//")]
    [InlineData("/odd/caf%C3%A9", "/gateway/odd/caf%C3%A9")]
    [InlineData("", "/gateway/")]
    [InlineData("/", "/gateway/")]
    public async Task A_path_arrives_as_it_was_sent_below_the_API_address(string path, string target)
    {
        await host.Value.WriteAsync(host.Value.Proxy + path);

        Assert.Equal([target], host.Value.Counter.TakeAsked().Select(static asked => asked.Target).Distinct());
    }

    [Fact]
    public async Task What_is_smuggled_into_a_request_ends_here()
    {
        Assert.Equal(400, await host.Value.WriteAsync($"{host.Value.Proxy}/v2/locations", "X-A: b\r\n Authorization: Bearer other\r\n"));
        Assert.Equal(400, await host.Value.WriteAsync($"{host.Value.Proxy}/v2/locations", "X-A : b\r\n"));
        Assert.Equal(400, await host.Value.WriteAsync($"{host.Value.Proxy}/v2/locations", "X-A: b\0c\r\n"));
        Assert.Equal(400, await host.Value.WriteAsync($"{host.Value.Proxy}/v2/locations", "Transfer-Encoding: gzip\r\n"));
        Assert.Equal(400, await host.Value.WriteAsync($"{host.Value.Proxy}/v2/locations", "X-A: \u00c3\u00a9\r\n"));
        Assert.Equal(400, await host.Value.WriteAsync($"http://evil.example{host.Value.Proxy}/v2/locations"));
        Assert.Empty(host.Value.Counter.TakeAsked());
    }

    public sealed class Shared : IAsyncLifetime
    {
        internal ProxyHost Value { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Value = await ProxyHost.StartAsync();

        public ValueTask DisposeAsync() => Value.DisposeAsync();
    }
}
