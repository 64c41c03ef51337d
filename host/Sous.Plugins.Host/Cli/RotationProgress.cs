using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Sous.Plugins.Host.Cli;

/// <summary>Follows a rotation of the data keys to its end: live on a terminal, elsewhere in a line now and then.</summary>
internal static class RotationProgress
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(500);

    /// <param name="shown">Where to, as <see cref="Printed.Progress"/> says.</param>
    public static async Task<JsonNode> FollowAsync(HostClient host, string path, TextWriter shown, CancellationToken cancellationToken)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(shown) });
        if (terminal.Profile is not { Out.IsTerminal: true, Capabilities: { Ansi: true, Interactive: true } })
        {
            return await FollowAsync(host, path, (done, total) => shown.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {total:N0} secrets")), cancellationToken);
        }

        return await terminal.Progress().StartAsync(progress =>
        {
            var bar = progress.AddTask("Secrets");
            return FollowAsync(
                host,
                path,
                (done, total) =>
                {
                    bar.MaxValue = Math.Max(total, 1);
                    bar.Value = done;
                },
                cancellationToken);
        });
    }

    private static async Task<JsonNode> FollowAsync(HostClient host, string path, Action<long, long> show, CancellationToken cancellationToken)
    {
        var last = -1L;
        while (true)
        {
            var rotation = await host.GetAsync(path, cancellationToken);
            if ((long?)rotation["done"] is { } done && done != last)
            {
                last = done;
                show(done, (long?)rotation["total"] ?? 0);
            }

            if ((string?)rotation["state"] != "running")
            {
                return rotation;
            }

            await Task.Delay(s_poll, TimeProvider.System, cancellationToken);
        }
    }
}
