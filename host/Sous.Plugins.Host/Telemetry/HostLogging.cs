using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Sous.Plugins.Host.Cli;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>
/// Logs go to stderr, since stdout carries data: readable on a terminal, compact JSON otherwise. Request lines and addresses
/// are not logged by the framework, because a callback's address holds a code.
/// </summary>
internal static class HostLogging
{
    private const string Readable = "{Timestamp:HH:mm:ss} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}";

    public static void AddHostLogging(this WebApplicationBuilder builder)
    {
        var level = builder.Configuration.GetValue("LogLevel", LogEventLevel.Information);
        builder.Services.AddSerilog(logging =>
        {
            logging.MinimumLevel.Is(level)
                .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                .MinimumLevel.Override("System", LogEventLevel.Warning)
                .MinimumLevel.Override("Polly", LogEventLevel.Warning)
                .Filter.ByExcluding(static logged => logged.Exception is { } exception && VerbFailure.ExplainStart(exception) is not null && IsTheFrameworks(logged))
                .Enrich.FromLogContext()
                .Enrich.With<WithoutAddresses>();
            if (Console.IsErrorRedirected)
            {
                logging.WriteTo.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose);
            }
            else
            {
                logging.WriteTo.Console(outputTemplate: Readable, standardErrorFromLevel: LogEventLevel.Verbose, formatProvider: System.Globalization.CultureInfo.InvariantCulture);
            }
        });
    }

    // What forbids a start is told in one sentence at the end; the framework would tell it first, with its stack.
    private static bool IsTheFrameworks(LogEvent logged)
        => logged.Properties.TryGetValue("SourceContext", out var source) && source.ToString().StartsWith("\"Microsoft.", StringComparison.Ordinal);
}
