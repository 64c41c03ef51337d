using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Compact;
using Sous.Plugins.Host.Cli;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>
/// Logs go to stderr, since stdout carries data: readable on a terminal, compact JSON otherwise. Request lines and addresses
/// are not logged by the framework, because a callback's address holds a code. Which levels are, <see cref="LogLevels"/> says.
/// </summary>
internal static class HostLogging
{
    private const string Readable = "{Timestamp:HH:mm:ss} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}";

    public static void AddHostLogging(this WebApplicationBuilder builder)
    {
        var level = builder.Configuration.GetValue("LogLevel", LogEventLevel.Information);
        builder.Services
            .AddSingleton(provider => new LogLevels(level, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<IConfigureOptions<LoggerFilterOptions>>(static provider => provider.GetRequiredService<LogLevels>())
            .AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(static provider => provider.GetRequiredService<LogLevels>())
            .AddSingleton<ILoggerProvider>(static _ => new SerilogLoggerProvider(Create(), dispose: true));
    }

    private static Serilog.Core.Logger Create()
    {
        var logging = new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .Filter.ByExcluding(static logged => logged.Exception is { } exception && VerbFailure.ExplainStart(exception) is not null && IsTheFrameworks(logged))
            .Enrich.FromLogContext()
            .Enrich.With<WithoutAddresses>();
        return (Console.IsErrorRedirected
            ? logging.WriteTo.Console(new CompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose)
            : logging.WriteTo.Console(outputTemplate: Readable, standardErrorFromLevel: LogEventLevel.Verbose, formatProvider: System.Globalization.CultureInfo.InvariantCulture)).CreateLogger();
    }

    // What forbids a start is told in one sentence at the end; the framework would tell it first, with its stack.
    private static bool IsTheFrameworks(LogEvent logged)
        => logged.Properties.TryGetValue("SourceContext", out var source) && source.ToString().StartsWith("\"Microsoft.", StringComparison.Ordinal);
}
