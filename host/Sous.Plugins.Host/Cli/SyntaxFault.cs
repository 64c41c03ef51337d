using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Cli;

/// <summary>What is wrong with a command line, without the names of types.</summary>
internal static partial class SyntaxFault
{
    public static string Of(ParseError error)
        => Unread().Match(error.Message) is { Success: true } found ? $"{found.Groups["what"].Value} is {ValueWords.Of(found.Groups["type"].Value)}, and not '{found.Groups["given"].Value}'."
            : error is { SymbolResult: CommandResult { Command: { Subcommands.Count: > 0 } command } } && error.Message.StartsWith("Required command", StringComparison.Ordinal)
                ? $"'{command.Name}' needs one of: {string.Join(", ", command.Subcommands.Select(static verb => verb.Name))}."
            : error is { SymbolResult: ArgumentResult { Argument: { } missing, Parent: CommandResult { Command: { } verb } } } && error.Message.StartsWith("Required argument", StringComparison.Ordinal)
                ? $"'{verb.Name}' needs {missing.Name.ToUpperInvariant()}."
            : error.Message;

    [GeneratedRegex("^Cannot parse argument '(?<given>.*)' for (?:option|command) '(?<what>[^']+)' as expected type '(?<type>.+)'")]
    private static partial Regex Unread();
}
