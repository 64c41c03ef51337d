using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Http.Idempotency;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Http.Idempotency;

/// <summary>A POST that its caller named is carried out once, whatever becomes of its answer.</summary>
public sealed class NamedRequestsTests : IAsyncLifetime
{
    private const string Sessions = "/api/v1/tenants/t1/connect-sessions";

    private static readonly object s_session = new { driver = TestDriver.Id, initiator = "anna" };

    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("/api/v1/keys", """{ "scope": "tenant:t1" }""", "key")]
    [InlineData("/api/v1/tenants/t1/subscriptions", """{ "url": "https://platform.example/sous" }""", "secret")]
    [InlineData(Sessions, $$"""{ "driver": "{{TestDriver.Id}}", "initiator": "anna" }""", "url")]
    public async Task A_repeat_is_answered_as_the_first_was_also_by_a_host_started_anew_and_its_secret_lies_nowhere(string path, string body, string secret)
    {
        var before = await CountAsync(path);

        var first = await PostAsync(path, JsonElement.Parse(body), "once");
        var again = await PostAsync(path, JsonElement.Parse(body), "\"once\"");
        await _app.RestartAsync();
        var later = await PostAsync(path, JsonElement.Parse(body), "once");

        Assert.Equal(HttpStatusCode.Created, first.Status);
        Assert.Equal([first, first], [again, later]);
        Assert.Equal(before + 1, await CountAsync(path));
        var shown = JsonElement.Parse(first.Body).GetProperty(secret).GetString()!;
        Assert.DoesNotContain(shown, await _app.ReadFilesAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_body_or_address_under_the_same_name_is_refused_and_another_callers_name_is_another()
    {
        var first = await PostAsync("/api/v1/keys", new { scope = "admin" }, "once");
        using var other = new HttpClient { BaseAddress = _app.Admin.BaseAddress };
        other.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", JsonElement.Parse(first.Body).GetProperty("key").GetString());

        var otherBody = await PostAsync("/api/v1/keys", new { scope = "tenant:t1" }, "once");
        var otherAddress = await PostAsync(Sessions, new { scope = "admin" }, "once");
        var otherCaller = await PostAsync("/api/v1/keys", new { scope = "tenant:t1" }, "once", other);

        Assert.All([otherBody, otherAddress], static refused => Assert.Equal((HttpStatusCode.UnprocessableEntity, NamedRequests.Reused), (refused.Status, refused.Code)));
        Assert.Equal(HttpStatusCode.Created, otherCaller.Status);
    }

    [Fact]
    public async Task After_a_day_a_name_is_free_again()
    {
        var first = await PostAsync(Sessions, s_session, "once");
        _app.Clock.Advance(NamedRequest.Kept - TimeSpan.FromSeconds(1));
        var kept = await PostAsync(Sessions, s_session, "once");
        _app.Clock.Advance(TimeSpan.FromSeconds(1));
        var anew = await PostAsync(Sessions, s_session, "once");

        Assert.Equal(first, kept);
        Assert.Equal(HttpStatusCode.Created, anew.Status);
        Assert.NotEqual(first.Body, anew.Body);
        Assert.Single(await _app.Get<IRegistry>().ListAsync(NamedRequest.Collection, "", Token));
    }

    [Fact]
    public async Task What_was_refused_made_nothing_and_leaves_its_name_free()
    {
        var refused = await PostAsync("/api/v1/keys", new { scope = "tenant:nobody" }, "once");
        var unreadable = await PostAsync("/api/v1/keys", new { wish = 1 }, "once");
        var made = await PostAsync("/api/v1/keys", new { scope = "admin" }, "once");

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.Created], [refused.Status, unreadable.Status, made.Status]);
    }

    [Fact]
    public async Task Of_many_at_once_one_is_carried_out()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => PostAsync(Sessions, s_session, "once")));

        var made = Assert.Single(answers.Where(static answer => answer.Status == HttpStatusCode.Created).Distinct());
        Assert.All(answers, answer => Assert.True(answer == made || (answer.Status == HttpStatusCode.Conflict && answer.Code == NamedRequests.InFlight), answer.Body));
        Assert.Equal(1, await CountAsync(Sessions));
    }

    [Fact]
    public async Task While_it_is_carried_out_it_is_refused_and_what_a_killed_host_was_at_is_unknown()
    {
        // Arrange
        var (entered, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        var requests = Requests();
        var first = requests.ServeAsync(Request(), async _ =>
        {
            entered.SetResult();
            await end.Task;
        });
        await entered.Task.WaitAsync(Token);

        // Act
        var (amid, after) = (Request(), Request());
        await requests.ServeAsync(amid, static _ => throw new InvalidOperationException("It is carried out twice."));
        await Requests().ServeAsync(after, static _ => throw new InvalidOperationException("It is carried out twice."));
        end.SetResult();
        await first;

        // Assert
        Assert.Equal([(409, NamedRequests.InFlight), (409, NamedRequests.Unknown)], [await ReadAsync(amid), await ReadAsync(after)]);
    }

    [Fact]
    public async Task What_failed_may_have_been_carried_out_and_is_not_carried_out_again()
    {
        await Assert.ThrowsAsync<StorageException>(() => Requests().ServeAsync(Request(), static _ => throw new StorageException("The disk is full.")));

        var again = Request();
        await Requests().ServeAsync(again, static _ => throw new InvalidOperationException("It is carried out twice."));

        Assert.Equal((409, NamedRequests.Unknown), await ReadAsync(again));
    }

    [Fact]
    public async Task An_answer_that_is_too_long_to_be_kept_arrives_and_its_repeat_is_told_so()
    {
        var (first, again) = (Request(), Request());
        await Requests().ServeAsync(first, static context => context.Response.Body.WriteAsync(new byte[KeptAnswer.Longest + 1]).AsTask());
        await Requests().ServeAsync(again, static _ => throw new InvalidOperationException("It is carried out twice."));

        Assert.Equal((200, KeptAnswer.Longest + 1), (first.Response.StatusCode, first.Response.Body.Length));
        Assert.Equal((409, NamedRequests.Unknown), await ReadAsync(again));
    }

    [Fact]
    public async Task Of_one_caller_a_thousand_are_kept_the_newest()
    {
        var at = _app.Clock.GetUtcNow();
        await _app.Get<IRegistry>().WriteAsync(
            transaction =>
            {
                new NamedRequest("other", "kept", "", at).Begin(transaction);
                for (var i = 0; i <= NamedRequest.Most; i++)
                {
                    new NamedRequest("key", $"{i:0000}", "", at.AddSeconds(i)).Begin(transaction);
                }
            },
            Token);

        var kept = await _app.Get<IRegistry>().ListAsync(NamedRequest.Collection, "", Token);
        Assert.Equal([.. Enumerable.Range(1, NamedRequest.Most).Select(static i => $"{i:0000}"), "kept"], kept.Select(static one => one.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("\"")]
    [InlineData("256")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        var refused = await PostAsync("/api/v1/keys", new { scope = "admin" }, name == "256" ? new string('x', 256) : name);

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.True(JsonElement.Parse(refused.Body).GetProperty("errors").TryGetProperty(IdempotencyKey.Header, out _));
    }

    private async Task<Answer> PostAsync(string path, object body, string name, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation(IdempotencyKey.Header, name);
        using var response = await (client ?? _app.Admin).SendAsync(request, Token);
        return new Answer(response.StatusCode, response.Headers.Location, await response.Content.ReadAsStringAsync(Token));
    }

    private async Task<int> CountAsync(string path) => path == Sessions
        ? (await _app.Get<IRegistry>().ListAsync(Host.Authorization.Connecting.ConnectSession.Collection, "", Token)).Count
        : (await _app.GetAsync(path)).GetProperty("items").GetArrayLength();

    private NamedRequests Requests() => new(_app.Get<IRegistry>(), _app.Clock, NullLogger<NamedRequests>.Instance);

    private DefaultHttpContext Request()
    {
        var context = new DefaultHttpContext { RequestServices = _app.Get<IServiceProvider>() };
        context.Request.Method = HttpMethods.Post;
        context.Request.Path = "/api/v1/keys";
        context.Request.Headers.Authorization = "Bearer sous_key";
        context.Request.Headers[IdempotencyKey.Header] = "once";
        context.Response.Body = new MemoryStream();
        context.Features.Set(new Caller("key", KeyScope.Admin));
        context.SetEndpoint(new RouteEndpoint(static _ => Task.CompletedTask, RoutePatternFactory.Parse("/api/v1/keys"), 0, null, null));
        return context;
    }

    private static async Task<(int Status, string? Code)> ReadAsync(HttpContext context)
    {
        context.Response.Body.Position = 0;
        return (context.Response.StatusCode, (await JsonDocument.ParseAsync(context.Response.Body, default, Token)).RootElement.GetProperty("code").GetString());
    }

    private sealed record Answer(HttpStatusCode Status, Uri? Location, string Body)
    {
        public string? Code => JsonElement.Parse(Body).GetProperty("code").GetString();
    }
}
