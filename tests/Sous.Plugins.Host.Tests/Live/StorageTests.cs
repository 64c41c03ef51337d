using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Live;

/// <summary>The Integration Factory over HTTP, for storage.</summary>
public sealed class StorageTests
{
    private const string Recipes = $"{DriveHost.Tenant}/storage/files?folder={DriveSimulator.RecipesFolder}";
    private const string Bread = $"{DriveHost.Tenant}/storage/files/{DriveSimulator.ArchivedFile}/content";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_is_listed_as_lines_and_each_file_can_be_fetched_by_its_id()
    {
        await using var host = await DriveHost.StartAsync();
        await host.ConnectAsync(DriveSimulator.MenusFolder);

        var lines = await LinesAsync(host, Recipes);
        var configured = await LinesAsync(host, $"{DriveHost.Tenant}/storage/files");

        Assert.Equal(host.Drive.Truth.In(DriveSimulator.RecipesFolder).Select(file => file.Id).Order(), lines.Select(Id).Order());
        Assert.Equal(4, configured.Count);
        foreach (var file in lines.Where(line => line.GetProperty("downloadable").GetBoolean() && Id(line) is not (DriveSimulator.AbusiveFile or DriveSimulator.ShortcutToFile)))
        {
            var (response, bytes) = await GetAsync(host, $"{DriveHost.Tenant}/storage/files/{Id(file)}/content");
            Assert.Equal((HttpStatusCode.OK, file.GetProperty("md5").GetString()), (response.StatusCode, Md5(bytes)));
            Assert.Equal((file.GetProperty("mimeType").GetString(), file.GetProperty("size").GetInt64()), (response.Content.Headers.ContentType?.MediaType, response.Content.Headers.ContentLength));
        }
    }

    [Theory]
    [InlineData("bytes=10-19", 10, 10)]
    [InlineData("bytes=100-", 100, null)]
    [InlineData("bytes=-25", null, 25)]
    [InlineData("bytes=5-99999999", 5, null)]
    public async Task A_range_is_a_part(string range, int? from, int? count)
    {
        await using var host = await DriveHost.StartAsync();
        await host.ConnectAsync(DriveSimulator.RecipesFolder);
        var (_, whole) = await GetAsync(host, Bread);

        var (response, part) = await GetAsync(host, Bread, range);

        var start = from ?? whole.Length - count!.Value;
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal(whole[start..(start + (count ?? (whole.Length - start)))], part);
        Assert.Equal($"bytes {start}-{start + part.Length - 1}/{whole.Length}", response.Content.Headers.ContentRange?.ToString());
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_416_and_one_that_may_be_ignored_is_200()
    {
        await using var host = await DriveHost.StartAsync();
        await host.ConnectAsync(DriveSimulator.RecipesFolder);
        var size = host.Drive.Truth.Files.Single(file => file.Id == DriveSimulator.ArchivedFile).Size;

        var (beyond, _) = await GetAsync(host, Bread, $"bytes={size}-");

        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, $"bytes */{size}"), (beyond.StatusCode, beyond.Content.Headers.ContentRange?.ToString()));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(host, Bread, "bytes=0-1,5-6")).Response.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(host, Bread, "pages=1-2")).Response.StatusCode);
    }

    [Fact]
    public async Task A_document_is_exported_by_type_and_what_cannot_be_fetched_says_why()
    {
        await using var host = await DriveHost.StartAsync();
        await host.ConnectAsync(DriveSimulator.RecipesFolder);
        var document = $"{DriveHost.Tenant}/storage/files/{DriveSimulator.Document}/content";

        var (exported, text) = await GetAsync(host, $"{document}?type=text/plain", "bytes=0-1");
        var (refused, why) = await GetAsync(host, document);
        var (locked, _) = await GetAsync(host, $"{DriveHost.Tenant}/storage/files/{DriveSimulator.LockedFile}/content");
        var (absent, _) = await GetAsync(host, $"{DriveHost.Tenant}/storage/files/none/content");

        Assert.Equal((HttpStatusCode.OK, "text/plain"), (exported.StatusCode, exported.Content.Headers.ContentType?.MediaType));
        Assert.True(text.Length > 2);
        Assert.Equal((HttpStatusCode.Conflict, "misconfigured"), (refused.StatusCode, Code(why)));
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.NotFound), (locked.StatusCode, absent.StatusCode));
    }

    [Fact]
    public async Task Without_a_driver_that_can_it_is_capability_absent_and_with_several_it_must_be_said_which()
    {
        await using var host = await DriveHost.StartAsync();
        var (absent, why) = await GetAsync(host, Recipes);
        var first = (await host.ConnectAsync(DriveSimulator.RecipesFolder)).GetProperty("id").GetString()!;
        var second = (await host.ConnectAsync(DriveSimulator.MenusFolder)).GetProperty("id").GetString()!;
        Assert.NotEqual(first, second);

        var (ambiguous, list) = await GetAsync(host, Recipes);
        var (chosen, _) = await GetAsync(host, $"{Recipes}&connection={second}");
        var (foreign, _) = await GetAsync(host, $"{Recipes}&connection=con_none");

        Assert.Equal((HttpStatusCode.Conflict, "capability_absent"), (absent.StatusCode, Code(why)));
        Assert.Equal((HttpStatusCode.Conflict, "connection_ambiguous"), (ambiguous.StatusCode, Code(list)));
        Assert.Equal(new[] { first, second }.Order(), JsonDocument.Parse(list).RootElement.GetProperty("connections").EnumerateArray().Select(one => one.GetProperty("id").GetString()).Order());
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (chosen.StatusCode, foreign.StatusCode));
    }

    [Fact]
    public async Task A_connection_that_is_paused_is_not_called()
    {
        await using var host = await DriveHost.StartAsync();
        var id = (await host.ConnectAsync(DriveSimulator.RecipesFolder)).GetProperty("id").GetString()!;
        await host.SyncAsync(id);
        await host.Worker.PostAsync($"{DriveHost.Tenant}/connections/{id}/pause", new { }, HttpStatusCode.OK);

        Assert.Equal("connection_paused", Code((await GetAsync(host, Recipes)).Bytes));
    }

    [Fact]
    public async Task A_failure_before_the_first_line_is_a_status_and_one_after_it_the_last_line()
    {
        await using var host = await DriveHost.StartAsync(new DriveSimulatorOptions { Recipes = 700 });
        await host.ConnectAsync(DriveSimulator.MenusFolder);
        await LinesAsync(host, $"{DriveHost.Tenant}/storage/files");

        var (missing, why) = await GetAsync(host, $"{DriveHost.Tenant}/storage/files?folder=none");
        host.Drive.Trouble = new DriveTrouble { RejectPageTokens = true };
        var lines = await LinesAsync(host, Recipes);

        Assert.Equal((HttpStatusCode.Conflict, "misconfigured"), (missing.StatusCode, Code(why)));
        Assert.Equal(501, lines.Count);
        Assert.Equal("service_unavailable", lines[^1].GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_wrong_checksum_and_a_broken_transfer_are_never_a_whole_answer()
    {
        await using var host = await DriveHost.StartAsync();
        await host.ConnectAsync(DriveSimulator.RecipesFolder);
        await GetAsync(host, Bread);

        host.Drive.Trouble = new DriveTrouble { CorruptContent = true };
        await Assert.ThrowsAnyAsync<Exception>(() => GetAsync(host, $"{DriveHost.Tenant}/storage/files/{DriveSimulator.LargeFile}/content"));
        var (small, problem) = await GetAsync(host, Bread);

        // What fits into one buffer is not begun before it was checked.
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "service_unavailable"), (small.StatusCode, Code(problem)));
    }

    [Fact]
    public async Task A_dead_grant_is_told_without_a_word_of_the_services()
    {
        await using var host = await DriveHost.StartAsync();
        await host.ConnectAsync(DriveSimulator.RecipesFolder);
        host.Drive.RevokeGrant();

        var (response, bytes) = await GetAsync(host, Recipes);

        Assert.Equal((HttpStatusCode.Conflict, "needs_reconnect"), (response.StatusCode, Code(bytes)));
        Assert.All(host.Drive.Secrets, secret => Assert.DoesNotContain(secret, System.Text.Encoding.UTF8.GetString(bytes), StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_asked_wrongly_names_the_parameter()
    {
        await using var host = await DriveHost.StartAsync();

        var (response, bytes) = await GetAsync(host, $"{DriveHost.Tenant}/storage/files?folder={new string('x', 201)}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.True(JsonDocument.Parse(bytes).RootElement.GetProperty("errors").TryGetProperty("folder", out _));
    }

    [Fact]
    public async Task Too_many_requests_at_the_service_say_when_to_come_again()
    {
        await using var host = await DriveHost.StartAsync();
        await host.ConnectAsync(DriveSimulator.RecipesFolder);
        (host.Drive.Trouble, host.Drive.Chaos) = (new DriveTrouble { RateLimitIs403 = true }, new Chaos { PathPrefix = DriveSimulator.ApiPath, RateLimitEvery = 1, RetryAfterSeconds = 7 });

        var (response, bytes) = await GetAsync(host, Recipes);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "rate_limited", TimeSpan.FromSeconds(7)), (response.StatusCode, Code(bytes), response.Headers.RetryAfter?.Delta));
    }

    private static async Task<List<JsonElement>> LinesAsync(DriveHost host, string path)
    {
        var (response, bytes) = await GetAsync(host, path);
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static async Task<(HttpResponseMessage Response, byte[] Bytes)> GetAsync(DriveHost host, string path, string? range = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (range is not null)
        {
            request.Headers.TryAddWithoutValidation("Range", range);
        }

        var response = await host.Worker.Admin.SendAsync(request, Token);
        return (response, await response.Content.ReadAsByteArrayAsync(Token));
    }

    private static string? Id(JsonElement file) => file.GetProperty("ref").GetProperty("id").GetString();

    private static string? Code(byte[] problem) => JsonDocument.Parse(problem).RootElement.GetProperty("code").GetString();

#pragma warning disable CA5351 // Drive's own checksum.
    private static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351
}
