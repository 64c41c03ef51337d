using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Cli.Demo;

namespace Sous.Plugins.Host.Tests.Cli;

public sealed class DemoProgressTests
{
    [Fact]
    public async Task Away_from_a_terminal_each_run_has_a_line_a_second_while_it_works_and_one_when_it_ends()
    {
        var clock = new FakeTimeProvider();
        var written = new StringWriter { NewLine = "\n" };

        await DemoProgress.ShowAsync(written, clock, show =>
        {
            show(new RunLine("run_1", "sales", 0, 0, "running"));
            show(new RunLine("run_1", "sales", 500, 1, "running"));
            clock.Advance(TimeSpan.FromSeconds(1));
            show(new RunLine("run_1", "sales", 4_000, 8, "running"));
            show(new RunLine("run_2", "catalog", 1, 1, "completed"));
            show(new RunLine("run_1", "sales", 20_000, 40, "completed"));
            clock.Advance(TimeSpan.FromSeconds(1));
            show(new RunLine("run_1", "sales", 20_000, 40, "completed"));
            return Task.CompletedTask;
        });

        Assert.Equal(
            """
            sales: 0 records in 0 pages, running
            sales: 4,000 records in 8 pages, running
            catalog: 1 record in 1 page, completed
            sales: 20,000 records in 40 pages, completed

            """,
            written.ToString());
    }
}
