using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Drive;

public sealed class DriveFailureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Chaos, FailureKind> Trouble => new()
    {
        { new Chaos { ServerErrorEvery = 3, ServerErrorStatus = 408 }, FailureKind.Transient },
        { new Chaos { RepeatCursor = true }, FailureKind.Transient },
        { new Chaos { CursorStandsStill = true }, FailureKind.Transient },
        { new Chaos { DropCursor = true }, FailureKind.Transient },
    };

    [Theory]
    [MemberData(nameof(Trouble))]
    public async Task Trouble_is_told_by_its_kind_tried_once_and_no_checkpoint_passes_it(Chaos chaos, FailureKind kind)
    {
        await using var kit = await DriveKit.StartAsync();
        var driver = kit.DriverOf(DriveSimulator.RecipesFolder);
        kit.Drive.Chaos = chaos with { PathPrefix = DriveSimulator.ApiPath };
        var pages = new List<SyncPage<StorageFile>>();

        var failure = await Assert.ThrowsAsync<DriverException>(async () =>
        {
            await foreach (var page in driver.WatchFolderAsync(new FolderRequest { PageSize = 20 }, Token))
            {
                pages.Add(page);
            }
        });

        Assert.Equal(kind, failure.Kind);
        var listings = kit.Requests.Calls.Where(call => call.StartsWith("GET /drive/v3/files?", StringComparison.Ordinal)).ToList();
        Assert.Equal(listings.Distinct(), listings);
        kit.Drive.Chaos = Chaos.None;
        pages.AddRange(await DriveKit.WatchAsync(driver, pages.Count == 0 ? null : pages.End(), 20));
        Assert.Equal(kit.Truth(DriveSimulator.RecipesFolder), DriveKit.Lines(DriveKit.View(pages).Values));
    }

    [Fact]
    public async Task A_listing_that_ends_early_is_not_proven_whole_by_an_empty_answer()
    {
        await using var kit = await DriveKit.StartAsync();
        var driver = kit.DriverOf(DriveSimulator.RecipesFolder);
        var asked = 0;
        kit.Drive.Asked = request =>
        {
            request.Meets = request.Path != "/drive/v3/files" ? null : asked++ switch
            {
                1 => new Chaos { DropCursor = true },
                2 => new Chaos { EmptyPage = true, DropCursor = true },
                _ => null,
            };
            return Task.CompletedTask;
        };
        var listings = new List<Listing>();

        var failure = await Assert.ThrowsAsync<DriverException>(async () =>
        {
            await foreach (var page in driver.WatchFolderAsync(new FolderRequest { PageSize = 20 }, Token))
            {
                listings.Add(page.Listing);
            }
        });

        Assert.True(failure.IsSuspect);
        Assert.DoesNotContain(Listing.End, listings);
    }

    [Fact]
    public async Task Drives_other_way_to_say_too_many_is_understood()
    {
        await using var kit = await DriveKit.StartAsync(0);
        (kit.Drive.Trouble, kit.Drive.Chaos) = (new DriveTrouble { RateLimitIs403 = true }, new Chaos { PathPrefix = DriveSimulator.ApiPath, RateLimitEvery = 1 });

        Assert.Equal(FailureKind.RateLimited, (await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver().ProbeAsync(Token))).Kind);
    }

    [Fact]
    public async Task A_dead_token_is_the_owners_and_a_narrow_grant_names_the_scope()
    {
        await using var kit = await DriveKit.StartAsync(0);
        kit.AccessToken = kit.Drive.IssueAccessToken("openid");
        var narrow = await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver().ProbeAsync(Token));
        kit.AccessToken = kit.Drive.IssueAccessToken("https://www.googleapis.com/auth/drive.file");
        var perFile = await Assert.ThrowsAsync<DriverException>(() => DriveKit.ListAsync(kit.Driver(), DriveSimulator.RecipesFolder));
        kit.Drive.RevokeGrant();
        var dead = await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver().ProbeAsync(Token));

        Assert.Equal((FailureKind.Misconfigured, FailureKind.Misconfigured, FailureKind.Unauthorized), (narrow.Kind, perFile.Kind, dead.Kind));
        Assert.Contains("drive.readonly", narrow.Message, StringComparison.Ordinal);
        Assert.Contains("chosen files", perFile.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_probe_tells_whose_account_it_is()
    {
        await using var kit = await DriveKit.StartAsync(0);

        var probe = await kit.Driver().ProbeAsync(Token);

        Assert.Equal((DriveSimulator.AccountId, DriveSimulator.AccountName), (probe.AccountId, probe.AccountName));
    }

    [Theory]
    [InlineData(403, "userRateLimitExceeded", FailureKind.RateLimited)]
    [InlineData(403, "sharingRateLimitExceeded", FailureKind.RateLimited)]
    [InlineData(403, "dailyLimitExceeded", FailureKind.RateLimited)]
    [InlineData(403, "accessNotConfigured", FailureKind.Misconfigured)]
    [InlineData(403, "domainPolicy", FailureKind.Misconfigured)]
    [InlineData(403, "insufficientFilePermissions", FailureKind.Misconfigured)]
    [InlineData(403, "aReasonOfTomorrow", FailureKind.Misconfigured)]
    [InlineData(400, "badRequest", FailureKind.Defect)]
    [InlineData(302, "moved", FailureKind.Defect)]
    public async Task Each_reason_says_who_must_act_and_repeats_nothing_that_Google_says(int status, string reason, FailureKind kind)
    {
        await using var driver = Scripted(status, """{"error":{"message":"secret words","errors":[{"domain":"global","reason":"REASON","message":"secret words"}]}}""".Replace("REASON", reason, StringComparison.Ordinal));

        var failure = await Assert.ThrowsAsync<DriverException>(async () => await driver.ProbeAsync(Token));

        Assert.Equal(kind, failure.Kind);
        Assert.DoesNotContain("secret words", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "")]
    [InlineData(404, "{\"error\":\"text\"}")]
    [InlineData(400, "[]")]
    public async Task What_is_not_Googles_envelope_is_something_on_the_way(int status, string body)
    {
        await using var driver = Scripted(status, body);

        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(async () => await driver.ProbeAsync(Token))).Kind);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"files":[{}]}""")]
    [InlineData("""{"files":[{"id":"1"}]}""")]
    [InlineData("""{"files":[{"id":"1","name":null,"mimeType":"new/kind","parents":[],"shortcutDetails":{},"capabilities":{},"exportLinks":{},"size":"7"}]}""")]
    public async Task Members_that_are_missing_are_absent(string listing)
    {
        using var handler = new Script(request => Answer(200, request.RequestUri!.AbsolutePath.EndsWith("/files", StringComparison.Ordinal) ? listing : """{"id":"f","mimeType":"application/vnd.google-apps.folder"}"""));
        await using var driver = Over(handler);

        var files = (await DriveKit.ListAsync(driver, "f")).SelectMany(page => page.Changes).ToList();

        Assert.Equal(listing.Contains("\"1\"", StringComparison.Ordinal) ? 1 : 0, files.Count);
        Assert.All(files, file => Assert.NotNull(file.Record));
    }

    private static HttpResponseMessage Answer(int status, string body) => new((HttpStatusCode)status)
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
        Headers = { { "Location", status == 302 ? "http://elsewhere.test/" : "/" } },
    };

    private static GoogleDrive.DriveDriver Scripted(int status, string body) => Over(new Script(_ => Answer(status, body)));

    private static GoogleDrive.DriveDriver Over(HttpMessageHandler handler) =>
        DriveKit.DriverOver(new HttpClient(handler), handler, new Uri("http://drive.test/"), new FakeTimeProvider(DriveKit.Start));

    private sealed class Script(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
