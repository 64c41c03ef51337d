using System.Net.Http.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Tests.Cli;
using Sous.Plugins.Host.Tests.Dashboard;

namespace Sous.Plugins.Host.Tests.Telemetry;

/// <summary>What was logged within a run.</summary>
public sealed class RunLogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_has_a_log_of_its_own_without_a_secret_and_other_runs_have_theirs()
    {
        await using var synced = await SyncedToast.StartAsync(Token);
        using var informed = await synced.Host.Worker.Admin.PutAsJsonAsync("/api/v1/log-levels/Default", new { level = "information" }, Token);
        var sales = (await synced.Host.RunAsync(synced.Connection, "sales")).GetProperty("id").GetString();
        var catalog = (await synced.Host.RunAsync(synced.Connection, "catalog")).GetProperty("id").GetString();

        var log = await synced.Host.Worker.Admin.GetStringAsync($"/api/v1/runs/{sales}/log", Token);
        using var browser = await DashboardBrowser.SignInAsync(synced.Host.Worker, synced.Host.Worker.Admin.DefaultRequestHeaders.Authorization!.Parameter!);
        var page = await browser.ReadAsync($"/dashboard/runs/{sales}");
        var verb = await VerbProcess.RunAsync(["sync", "log", sales!, "--data", synced.Host.Worker.Worker.Get<DataFolder>().Path]);
        var other = await synced.Host.Worker.Admin.GetStringAsync($"/api/v1/runs/{catalog}/log", Token);

        Assert.All([log, page, verb.Output], static text => Assert.Contains("Sync of sales", text, StringComparison.Ordinal));
        Assert.DoesNotContain("Sync of catalog", log, StringComparison.Ordinal);
        Assert.Contains("Sync of catalog", other, StringComparison.Ordinal);
        Assert.DoesNotContain(synced.Toast.ClientSecret, log, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_each_run_the_newest_lines_are_kept_and_of_all_so_many()
    {
        using var logs = new RunLogs(new FakeTimeProvider());
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(logs));
        var logger = factory.CreateLogger("Sous");

        for (var run = 0; run < 60; run++)
        {
            using var scope = logger.BeginScope(new RunLogScope($"run{run}"));
            for (var line = 0; line < RunLogs.MostLines + 10; line++)
            {
                Write(logger, line);
            }
        }

        Assert.Equal(("Line 10", "Line 209", RunLogs.MostLines), (logs.List("run59")[0].Message, logs.List("run59")[^1].Message, logs.List("run59").Count));
        Assert.Empty(logs.List("run0"));
        Assert.Equal(RunLogs.MostInAll, Enumerable.Range(0, 60).Sum(run => logs.List($"run{run}").Count));
    }

    [Fact]
    public void A_long_line_is_cut_of_an_exception_the_kind_is_kept_and_what_is_logged_outside_of_a_run_is_not()
    {
        using var logs = new RunLogs(new FakeTimeProvider());
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(logs));
        var logger = factory.CreateLogger("Sous");

        Write(logger, 1);
        using (logger.BeginScope(new RunLogScope("run")))
        {
            Tell(logger, new string('x', 5_000), null);
            Tell(logger, "Failed.", new InvalidOperationException("the service's own words"));
        }

        Assert.Equal([new string('x', RunLogs.LongestLine) + "…", "Failed. (InvalidOperationException)"], logs.List("run").Select(line => line.Message));
    }

    private static void Write(ILogger logger, int line) => Tell(logger, $"Line {line}", null);

    private static void Tell(ILogger logger, string text, Exception? exception) => logger.Log(LogLevel.Information, default, text, exception, static (text, _) => text);
}
