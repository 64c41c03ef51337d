using Spectre.Console;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>Shows how far the runs are: live on a terminal; elsewhere in lines, a run's end at once and its progress now and then.</summary>
internal static class DemoProgress
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    /// <param name="shown">Where to, as <see cref="Printed.Progress"/> says.</param>
    /// <param name="clock">What says when the next line of a run that is under way is due.</param>
    /// <param name="follow">Follows the runs; what it is handed shows how they stand.</param>
    public static Task ShowAsync(TextWriter shown, TimeProvider clock, Func<Action<RunLine>, Task> follow)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(shown) });
        return terminal.Profile is { Out.IsTerminal: true, Capabilities: { Ansi: true, Interactive: true } }
            ? terminal.Progress().Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ElapsedTimeColumn()).StartAsync(progress => follow(Live(progress)))
            : follow(Lines(shown, clock));
    }

    private static Action<RunLine> Live(ProgressContext progress)
    {
        var tasks = new Dictionary<string, ProgressTask>();
        return run =>
        {
            var task = tasks.TryGetValue(run.Id, out var known) ? known : tasks[run.Id] = progress.AddTask(run.Stream).IsIndeterminate();
            task.Description = Markup.Escape(run.ToString());
            if (run.HasEnded)
            {
                task.StopTask();
            }
        };
    }

    private static Action<RunLine> Lines(TextWriter shown, TimeProvider clock)
    {
        var written = new Dictionary<string, (RunLine Run, long At)>();
        return run =>
        {
            var known = written.TryGetValue(run.Id, out var last);
            if (!known || (run != last.Run && (run.HasEnded || clock.GetElapsedTime(last.At) >= Between)))
            {
                shown.WriteLine(run);
                written[run.Id] = (run, clock.GetTimestamp());
            }
        };
    }
}
