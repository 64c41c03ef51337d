using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Sous.Plugins.Host.Cli;

/// <summary>Help in which the command has the name that operators type; by itself it would have its file's.</summary>
internal sealed class HelpByName(HelpAction help, string name) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => help.ClearsParseErrors;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        try
        {
            return help.Invoke(parseResult);
        }
        finally
        {
            parseResult.InvocationConfiguration.Output = output;
            output.Write(text.ToString().Replace(RootCommand.ExecutableName, name, StringComparison.Ordinal));
        }
    }
}
