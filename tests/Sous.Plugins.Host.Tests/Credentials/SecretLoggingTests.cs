using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Credentials;

/// <summary>Invariant 9: a secret that somebody logs, even taken apart, does not show.</summary>
public sealed class SecretLoggingTests
{
    [Fact]
    public void No_log_shows_a_secret_or_what_holds_one()
    {
        var secret = new Secret("SOUSCANARY");
        var holder = new CredentialSecrets { AccessToken = secret, Fields = new Dictionary<string, Secret> { ["key"] = secret } };
        var written = new Written();
        using (var logger = new LoggerConfiguration().WriteTo.Sink(written).CreateLogger())
        {
            logger.Information("{@Secret} {@Holder} {$Plain} {Printed} {@Loose}", secret, holder, secret, holder, new { secret, Also = new[] { secret } });
        }

        Assert.Contains("Printed", written.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("SOUSCANARY", written.Text, StringComparison.Ordinal);
    }

    private sealed class Written : ILogEventSink
    {
        public string Text { get; private set; } = "";

        public void Emit(LogEvent logEvent)
        {
            using var text = new StringWriter();
            new CompactJsonFormatter().Format(logEvent, text);
            Text += text;
        }
    }
}
