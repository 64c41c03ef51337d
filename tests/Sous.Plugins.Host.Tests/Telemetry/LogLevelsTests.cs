using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Serilog.Events;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Cli;

namespace Sous.Plugins.Host.Tests.Telemetry;

/// <summary>Log levels that are changed while the host runs.</summary>
public sealed class LogLevelsTests
{
    private const string Levels = "/api/v1/log-levels";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_level_that_is_set_counts_at_once_and_ends_by_itself()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await RunningWorker.StartAsync(clock);
        var (syncing, changes, framework) = (Logger(host, "Sous.Plugins.Host.Syncing.SyncRunner"), Logger(host, "Sous.Plugins.Host.Changes.X"), Logger(host, "Microsoft.AspNetCore.Routing"));
        Assert.False(syncing.IsEnabled(LogLevel.Warning));

        using var set = await host.Admin.PutAsJsonAsync($"{Levels}/Sous.Plugins.Host.Syncing", new { level = "debug", until = clock.GetUtcNow().AddMinutes(10) }, Token);

        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal((true, false, false), (syncing.IsEnabled(LogLevel.Debug), syncing.IsEnabled(LogLevel.Trace), changes.IsEnabled(LogLevel.Warning)));
        Assert.Equal(["Default error error", "Sous.Plugins.Host.Syncing debug error"], await ListAsync(host));

        clock.Advance(TimeSpan.FromMinutes(11));
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(!syncing.IsEnabled(LogLevel.Warning)));

        Assert.Equal(["Default error error"], await ListAsync(host));
        Assert.False(framework.IsEnabled(LogLevel.Information));
    }

    [Fact]
    public void A_level_ends_also_where_its_timer_was_ahead_of_the_clock()
    {
        var clock = new LateClock();
        using var levels = new LogLevels(LogEventLevel.Error, clock);
        levels.Set("Sous", LogEventLevel.Debug, clock.GetUtcNow().AddMinutes(10));

        clock.Behind = TimeSpan.FromSeconds(30);
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(2, levels.List().Count);
        clock.Advance(TimeSpan.FromSeconds(31));

        Assert.Single(levels.List());
    }

    [Fact]
    public void What_is_set_again_as_it_is_stays_set_and_only_one_category_too_many_is_refused()
    {
        using var levels = new LogLevels(LogEventLevel.Error, new FakeTimeProvider());
        Assert.All(Enumerable.Range(0, LogLevels.Most), number => Assert.NotNull(levels.Set($"Sous.{number}", LogEventLevel.Debug, null)));

        Assert.NotNull(levels.Set("Sous.0", LogEventLevel.Debug, null));
        Assert.Null(levels.Set("Sous", LogEventLevel.Debug, null));
    }

    [Fact]
    public async Task A_level_for_all_leaves_the_framework_silent_and_both_changes_are_in_the_trail()
    {
        await using var host = await RunningWorker.StartAsync();
        var data = host.Worker.Get<DataFolder>().Path;

        var set = await VerbProcess.RunAsync(["logs", "level", "default", "verbose", "--for", "01:00:00", "--data", data]);
        var (ours, framework) = (Logger(host, "square").IsEnabled(LogLevel.Trace), Logger(host, "Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Information));
        var wrong = await VerbProcess.RunAsync(["logs", "level", "Microsoft.AspNetCore", "debug", "--data", data]);
        var reset = await VerbProcess.RunAsync(["logs", "reset", "default", "--data", data]);

        Assert.Equal((0, 1, 0), (set.Exit, wrong.Exit, reset.Exit));
        Assert.Equal((true, false), (ours, framework));
        Assert.StartsWith("The framework's categories stay at warnings", wrong.Error, StringComparison.Ordinal);
        Assert.False(Logger(host, "square").IsEnabled(LogLevel.Warning));
        var trail = await host.Worker.Get<AuditVerification>().ReadAsync(0, 1000, Token);
        Assert.Equal(["log_level.set default verbose", "log_level.reset default "], trail.Where(entry => entry.Action.StartsWith("log_level", StringComparison.Ordinal)).Select(entry => $"{entry.Action} {entry.Target} {entry.Detail}"));
    }

    [Theory]
    [InlineData("Sous", """{ }""", "level")]
    [InlineData("Sous", """{ "level": "loud" }""", "level")]
    [InlineData("Sous", """{ "level": "debug", "until": "2020-01-01T00:00:00Z" }""", "until")]
    [InlineData("Sous", """{ "level": "debug", "until": "2126-01-01T00:00:00Z" }""", "until")]
    [InlineData("System.Net.Http", """{ "level": "debug" }""", "category")]
    [InlineData("a%20b", """{ "level": "debug" }""", "category")]
    public async Task What_cannot_be_set_is_named(string category, string body, string field)
    {
        await using var host = await RunningWorker.StartAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var answer = await host.Admin.PutAsync($"{Levels}/{category}", content, Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.True((await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").TryGetProperty(field, out _));
    }

    /// <summary>Its timers are right, and the time that it tells was set back.</summary>
    private sealed class LateClock : FakeTimeProvider
    {
        public TimeSpan Behind { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - Behind;
    }

    private static ILogger Logger(RunningWorker host, string category) => host.Worker.Get<ILoggerFactory>().CreateLogger(category);

    private static async Task<IEnumerable<string>> ListAsync(RunningWorker host)
        => (await host.Admin.GetFromJsonAsync<JsonElement>(Levels, Token)).GetProperty("items").EnumerateArray()
            .Select(item => $"{item.GetProperty("category").GetString()} {item.GetProperty("level").GetString()} {item.GetProperty("configured").GetString()}");
}
