using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Changes;

public sealed class ChangesEndpointTests
{
    private const string Path = "/api/v1/tenants/t1/changes";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_feed_is_answered_with_the_bytes_that_were_stored()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await test.CommitAsync(Sales.Noon.AddMilliseconds(250), Change.Upsert("s1", Sales.Make("s1")), Change.Upsert("s2", Sales.Make("s2")));
        await test.DeleteAsync("s2");
        var stored = await test.FeedAsync();

        var text = await app.Client.GetStringAsync(Path, Token);

        using var answer = JsonDocument.Parse(text);
        var root = answer.RootElement;
        Assert.Equal((3, false), (root.GetProperty("next").GetInt32(), root.GetProperty("more").GetBoolean()));
        Assert.False(string.IsNullOrEmpty(root.GetProperty("feed").GetString()));
        var first = root.GetProperty("changes")[0];
        Assert.Equal(
            ["sequence", "stream", "type", "kind", "connection", "location", "id", "version", "changedAt", "record"],
            first.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("2026-03-14T12:00:00.25Z", first.GetProperty("changedAt").GetString());
        Assert.Equal(Encoding.UTF8.GetString(stored[0].Body.Span), first.GetProperty("record").GetRawText());
        var deleted = root.GetProperty("changes")[2];
        Assert.Equal("delete", deleted.GetProperty("kind").GetString());
        Assert.False(deleted.TryGetProperty("record", out _));
    }

    [Fact]
    public async Task A_thousand_entries_come_in_one_answer()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        for (var page = 0; page < 3; page++)
        {
            await test.CommitAsync([.. Enumerable.Range(0, 400).Select(i => Sales.Make($"{page}-{i}"))]);
        }

        var answer = await app.Client.GetFromJsonAsync<JsonElement>($"{Path}?limit=1000&after=7&location=own-1&stream=sales", Token);

        Assert.Equal((1000, 1007, true), (answer.GetProperty("changes").GetArrayLength(), answer.GetProperty("next").GetInt32(), answer.GetProperty("more").GetBoolean()));
    }

    [Fact]
    public async Task A_reader_that_waits_is_answered_by_the_next_change_that_its_filter_lets_through()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await test.MapAsync("own-2", external: "L2");

        var waiting = app.Client.GetFromJsonAsync<JsonElement>($"{Path}?wait=30&location=own-2", Token);
        await test.CommitAsync(Sales.Make("elsewhere"));
        await test.CommitAsync(Sales.Make("here", location: "L2"));

        var answer = await waiting;
        Assert.Equal("here", Assert.Single(answer.GetProperty("changes").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(2, answer.GetProperty("next").GetInt32());
    }

    [Fact]
    public async Task A_reader_that_waited_in_vain_is_answered_with_nothing()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);

        var waiting = app.Client.GetFromJsonAsync<JsonElement>($"{Path}?wait=30", Token);
        while (!waiting.IsCompleted)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(31));
            await Task.WhenAny(waiting, Task.Delay(5, Token));
        }

        Assert.Equal(0, (await waiting).GetProperty("changes").GetArrayLength());
    }

    [Fact]
    public async Task A_position_that_the_feed_does_not_have_is_gone_and_the_answer_says_how_to_start_over()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);

        using var answer = await app.Client.GetAsync(new Uri($"{Path}?after=99", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(("feed_reset", 0), (problem.GetProperty("code").GetString(), problem.GetProperty("after").GetInt32()));
        Assert.Contains("read it again from 0", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("feed").GetString()));
    }

    [Theory]
    [InlineData("after=-1", "after")]
    [InlineData("after=1.5", "after")]
    [InlineData("after=1&after=2", "after")]
    [InlineData("after=99999999999999999999", "after")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("wait=31", "wait")]
    [InlineData("stream=orders", "stream")]
    [InlineData("location=", "location")]
    public async Task A_parameter_that_cannot_be_used_is_named(string query, string field)
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);

        using var answer = await app.Client.GetAsync(new Uri($"{Path}?{query}", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    [Fact]
    public async Task Another_tenants_feed_is_not_there()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);

        using var answer = await app.Client.GetAsync(new Uri("/api/v1/tenants/t2/changes", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
