using System.CommandLine;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>completion</c>: a script for a shell, which asks this program itself what may come next.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        # eval "$(sous-plugins completion bash)" in ~/.bashrc
        _sous_plugins()
        {
            local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n'
            line="${line#"${COMP_WORDS[0]}"}"
            line="${line# }"
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _sous_plugins sous-plugins
        """;

    private const string Zsh = """
        # eval "$(sous-plugins completion zsh)" in ~/.zshrc, after compinit
        _sous_plugins()
        {
            local line="${BUFFER[1,CURSOR]}"
            line="${line#"$words[1]"}"
            line="${line# }"
            compadd -- "${(@f)$("$words[1]" "[suggest:${#line}]" "$line" 2>/dev/null)}"
        }
        compdef _sous_plugins sous-plugins
        """;

    private const string Fish = """
        # sous-plugins completion fish | source, in ~/.config/fish/config.fish
        function __sous_plugins
            set -l line (string replace --regex '^\S+\s?' '' -- (commandline --cut-at-cursor))
            sous-plugins "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete --command sous-plugins --arguments '(__sous_plugins)'
        """;

    private const string PowerShell = """
        # sous-plugins completion pwsh | Out-String | Invoke-Expression, in $PROFILE
        Register-ArgumentCompleter -Native -CommandName sous-plugins -ScriptBlock {
            param($word, $ast, $cursor)
            $line = $ast.ToString().PadRight($cursor).Substring(0, $cursor) -replace '^\S+\s?', ''
            sous-plugins "[suggest:$($line.Length)]" $line 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;

    public static Command Create()
        => new("completion", "Print a script that completes verbs and options in a shell") { Of("bash", Bash), Of("zsh", Zsh), Of("fish", Fish), Of("pwsh", PowerShell) };

    private static Command Of(string shell, string script)
    {
        var verb = new Command(shell, $"The script for {shell}; its first line says where it goes");
        verb.SetAction(async (_, _) =>
        {
            await Console.Out.WriteLineAsync(script);
            return ExitCode.Done;
        });
        return verb;
    }
}
