using System.Diagnostics;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Cli;

/// <summary>The script of <c>completion bash</c>, in a real bash that has it as a person would.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TemporaryFolder _bin = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _bin.Dispose();

    [Theory]
    [InlineData("sous-plugins ke", "keys")]
    [InlineData("sous-plugins keys ", "create list revoke")]
    [InlineData("sous-plugins keys create --sco", "--scope")]
    [InlineData("sous-plugins completion z", "zsh")]
    public async Task A_real_bash_completes(string typed, string found)
    {
        await File.WriteAllTextAsync(_bin.File("sous-plugins"), $"#!/bin/sh\nexec dotnet {VerbProcess.Host} \"$@\"\n", Token);
        File.SetUnixFileMode(_bin.File("sous-plugins"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // What readline hands to a completing function.
        var shell = $"""
            eval "$(sous-plugins completion bash)"
            COMP_LINE='{typed}' COMP_POINT=${"{"}#COMP_LINE{"}"}
            COMP_WORDS=($COMP_LINE); [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$(( ${"{"}#COMP_WORDS[@]{"}"} - 1 ))
            _sous_plugins
            echo "$(complete -p sous-plugins): ${"{"}COMPREPLY[*]{"}"}"
            """;
        Assert.Equal($"complete -o default -F _sous_plugins sous-plugins: {found}", Named(await BashAsync(shell)));
    }

    /// <summary>Options of every verb aside: what is asked for are verbs.</summary>
    private static string Named(string line)
    {
        var (head, words) = (line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return $"{head} {string.Join(' ', words.Where(static word => word is not ("--help" or "--json" or "-?" or "-h" or "/?" or "/h")))}";
    }

    private async Task<string> BashAsync(string script)
    {
        var start = new ProcessStartInfo("bash", ["--norc", "-c", script]) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{_bin.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        using var bash = Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync(Token);
        await bash.WaitForExitAsync(Token);
        return output.TrimEnd('\n');
    }
}
