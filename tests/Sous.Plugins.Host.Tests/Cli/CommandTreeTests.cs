using System.CommandLine;
using Sous.Plugins.Host.Cli;

namespace Sous.Plugins.Host.Tests.Cli;

public sealed class CommandTreeTests
{
    [Fact]
    public void No_verb_has_two_options_of_one_name()
    {
        var verbs = Descend([], CommandLine.Create()).ToList();

        Assert.InRange(verbs.Count, 60, 200);
        Assert.All(verbs, static verb => Assert.Equal([], verb.Options.SelectMany(static option => option.Aliases.Append(option.Name).Distinct()).GroupBy(static name => name).Where(static same => same.Count() > 1).Select(same => $"{verb.Name} {same.Key}")));
    }

    [Fact]
    public void The_help_of_each_verb_calls_the_command_as_operators_do()
    {
        foreach (var (name, _) in Descend([], CommandLine.Create()))
        {
            using var output = new StringWriter();
            var parsed = CommandLine.Create().Parse([.. name.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

            Assert.Empty(parsed.Errors);
            var invocation = new InvocationConfiguration { Output = output };
            Assert.Equal(0, parsed.Invoke(invocation));
            Assert.Same(output, invocation.Output);
            Assert.Contains($"  sous-plugins {name}".TrimEnd(), output.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(RootCommand.ExecutableName, output.ToString(), StringComparison.Ordinal);
        }
    }

    private static IEnumerable<(string Name, List<Option> Options)> Descend(string[] path, Command command)
    {
        yield return (string.Join(' ', path), [.. command.Options]);
        foreach (var below in command.Subcommands.SelectMany(one => Descend([.. path, one.Name], one)))
        {
            yield return below;
        }
    }
}
