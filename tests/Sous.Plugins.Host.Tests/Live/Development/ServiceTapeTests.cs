using System.Net;
using System.Text;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Live.Development;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Live.Development;

public sealed class ServiceTapeTests : IDisposable
{
    private readonly ServiceTape _tape = new();
    private readonly CountingService _service = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_requests_get_the_same_answers_again_in_order_without_the_service()
    {
        using var recording = Recording();
        Assert.Equal(["GET /a 1", "GET /a 2", "POST /q 3"], [await AskAsync(recording, "/a"), await AskAsync(recording, "/a"), await AskAsync(recording, "/q", "x")]);

        using var player = new TapePlayer(_tape);
        using var playing = Client(player);
        Assert.Equal(
            ["GET /a 1", "POST /q 3", "GET /a 2", "GET /a 2"],
            [await AskAsync(playing, "/a"), await AskAsync(playing, "/q", "x"), await AskAsync(playing, "/a"), await AskAsync(playing, "/a")]);
        Assert.Null(player.Missed);
        Assert.Equal(3, _service.Asked);
    }

    [Fact]
    public async Task Status_and_headers_come_again_and_the_authorization_is_not_known_by()
    {
        using var recording = Recording();
        using var first = await recording.GetAsync(new Uri("/a", UriKind.Relative), Token);
        using var playing = Client(new TapePlayer(_tape));

        using var again = await playing.GetAsync(new Uri("/a", UriKind.Relative), Token);

        Assert.Equal("Bearer secret", _service.Authorization);
        Assert.Equal((HttpStatusCode.Accepted, "\"1\"", "text/plain"), (again.StatusCode, again.Headers.ETag?.Tag, again.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task What_was_not_asked_before_is_missed_and_named_without_its_query()
    {
        using var recording = Recording();
        await AskAsync(recording, "/q", "x");
        using var player = new TapePlayer(_tape);
        using var playing = Client(player);

        await Assert.ThrowsAsync<DriverException>(() => AskAsync(playing, "/q?token=hush", "x"));
        await Assert.ThrowsAsync<DriverException>(() => AskAsync(playing, "/q", "another"));

        Assert.Equal("POST /q", player.Missed);
    }

    [Fact]
    public async Task Only_so_much_is_kept()
    {
        using var recording = Recording();
        for (var i = 0; i < 32; i++)
        {
            await AskAsync(recording, $"/{i}");
        }

        var many = await Assert.ThrowsAsync<DriverException>(() => AskAsync(recording, "/32"));
        _service.Length = (8 << 20) + 1;
        using var other = Client(new TapeRecorder(new ServiceTape(), Authorized()));
        var large = await Assert.ThrowsAsync<DriverException>(() => AskAsync(other, "/large"));

        Assert.All([many, large], static refusal => Assert.Equal(FailureKind.Misconfigured, refusal.Kind));
    }

    public void Dispose() => _service.Dispose();

    private HttpClient Recording() => Client(new TapeRecorder(_tape, Authorized()));

    private AuthorizationHandler Authorized()
    {
        var handler = AuthorizationHandler.Of(new Secret("secret"));
        handler.InnerHandler = _service;
        return handler;
    }

    private static HttpClient Client(HttpMessageHandler handler) => new(handler) { BaseAddress = new Uri("https://service.test/") };

    private static async Task<string> AskAsync(HttpClient client, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = body is null ? null : new StringContent(body) };
        using var response = await client.SendAsync(request, Token);
        return await response.Content.ReadAsStringAsync(Token);
    }

    private sealed class CountingService : HttpMessageHandler
    {
        public int Asked { get; private set; }

        public int? Length { get; set; }

        public string? Authorization { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            Authorization = request.Headers.Authorization?.ToString();
            var body = Length is { } length ? new string('x', length) : $"{request.Method} {request.RequestUri!.AbsolutePath} {Asked}";
            var response = new HttpResponseMessage(HttpStatusCode.Accepted) { RequestMessage = request, Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(body))) };
            response.Content.Headers.ContentType = new("text/plain");
            response.Headers.ETag = new($"\"{Asked}\"");
            return Task.FromResult(response);
        }
    }
}
