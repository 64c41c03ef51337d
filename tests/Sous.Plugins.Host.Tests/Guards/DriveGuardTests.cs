using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>Invariant 13 through the whole host, with Drive: all is found, or the run says that it may not be.</summary>
public sealed class DriveGuardTests : IAsyncLifetime
{
    private const string Folder = DriveSimulator.ArchiveFolder;

    private DriveSimulator _drive = null!;
    private GuardedHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IEnumerable<string> Files => _drive.Truth.In(Folder).Select(static file => file.Id);

    public async ValueTask InitializeAsync()
    {
        _drive = await DriveSimulator.StartAsync(new DriveSimulatorOptions { Recipes = 0 }, cancellationToken: Token);
        _host = await GuardedHost.StartAsync(("google-drive", _drive.Address, _drive.Options.ClientId, _drive.ClientSecret));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _drive.DisposeAsync();
    }

    [Theory]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(1_000)]
    [InlineData(10_001)]
    public async Task Every_file_of_a_folder_is_found_whether_or_not_the_last_page_is_full(int files)
    {
        Fill(files);
        var connection = await ConnectAsync();

        await _host.AssertAllFoundAsync(connection, "files", Files);

        Assert.Equal(files, Files.Count());
        Assert.All(await _host.OutcomesAsync(connection, "files"), static outcome => Assert.Equal("completed", outcome));
    }

    [Theory]
    [InlineData(nameof(Chaos.RepeatCursor), "listing goes round")]
    [InlineData(nameof(Chaos.CursorStandsStill), "page token does not move")]
    [InlineData(nameof(Chaos.DropCursor), "ended without a page token although more files follow")]
    public async Task A_listing_that_is_not_whole_is_suspect_and_the_next_run_brings_the_rest(string trouble, string reason)
    {
        Fill(1_600);
        _drive.Chaos = Troubles.Of(trouble);
        var connection = await ConnectAsync();
        await _host.AssertSuspectAsync(connection, "files", reason, Files);
        await _host.AssertSuspectAsync(connection, "files", reason, Files);

        _drive.Chaos = Chaos.None;

        await _host.AssertAllFoundAsync(connection, "files", Files);
    }

    [Fact]
    public async Task The_order_of_a_listing_does_not_matter()
    {
        Fill(1_200);
        _drive.Chaos = Troubles.Of(nameof(Chaos.IgnoreSortOrder));

        var connection = await ConnectAsync();

        await _host.AssertAllFoundAsync(connection, "files", Files);
    }

    [Fact]
    public async Task A_listing_that_says_itself_that_it_is_not_complete_is_suspect()
    {
        Fill(700);
        _drive.Trouble = new DriveTrouble { IncompleteSearch = true };
        var connection = await ConnectAsync();
        await _host.AssertSuspectAsync(connection, "files", "says that its listing of a folder is not complete", Files);

        _drive.Trouble = DriveTrouble.None;

        await _host.AssertAllFoundAsync(connection, "files", Files);
    }

    [Fact]
    public async Task Changes_without_a_token_to_go_on_by_are_suspect_and_come_again()
    {
        Fill(50);
        var connection = await ConnectAsync();
        await _host.AssertAllFoundAsync(connection, "files", Files);
        Fill(700);
        _drive.Trouble = new DriveTrouble { DropChangeTokens = true };

        var run = await _host.RunAsync(connection, "files");

        Assert.Equal("suspect", GuardedHost.OutcomeOf(run));
        Assert.Contains("ends without a token to go on by", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        _drive.Trouble = DriveTrouble.None;
        await _host.AssertAllFoundAsync(connection, "files", Files);
    }

    [Fact]
    public async Task A_page_that_is_cut_off_is_fetched_again_later()
    {
        Fill(1_200);
        _drive.Chaos = new Chaos { TruncateEvery = 2, PathPrefix = "/drive/v3/files" };
        var connection = await ConnectAsync();

        var run = await _host.RunAsync(connection, "files");

        Assert.Equal("retry_later", GuardedHost.OutcomeOf(run));
        Assert.Contains("The connection to Drive broke during files.list", run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("completed", await _host.OutcomesAsync(connection, "files"));
        _drive.Chaos = Chaos.None;
        await _host.AssertAllFoundAsync(connection, "files", Files);
    }

    [Fact]
    public async Task Seventeenth_invariant_a_limit_that_is_told_as_403_keeps_calls_back_for_as_long_as_it_says()
    {
        Fill(20);
        var connection = await ConnectAsync();
        await _host.AssertAllFoundAsync(connection, "files", Files);
        _drive.Trouble = new DriveTrouble { RateLimitIs403 = true };
        _drive.Chaos = new Chaos { RateLimitEvery = 1, RetryAfterSeconds = 300, PathPrefix = DriveSimulator.ApiPath };

        var run = await _host.RunAsync(connection, "files");

        Assert.Equal("retry_later", GuardedHost.OutcomeOf(run));
        Assert.True((await _host.GetAsync($"connections/{connection}")).GetProperty("waitingUntil").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddMinutes(4));
        var driver = await _host.Worker.Admin.GetFromJsonAsync<JsonElement>("/api/v1/drivers/google-drive", Token);
        Assert.Equal((1, 0), (driver.GetProperty("budget").GetProperty("closedConnections").GetInt32(), driver.GetProperty("budget").GetProperty("waiting").GetInt32()));
    }

    /// <summary>Until there are so many.</summary>
    private void Fill(int files)
    {
        for (var have = Files.Count(); have < files; have++)
        {
            _drive.Changes.Add(Folder);
        }
    }

    private Task<string> ConnectAsync() => _host.ConnectAsync("google-drive", new { folders = new[] { Folder } });
}
