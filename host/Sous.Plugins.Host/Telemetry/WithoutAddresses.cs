using Serilog.Core;
using Serilog.Events;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>Takes the address of the request off what is logged within it: a connect page's address is a secret.</summary>
internal sealed class WithoutAddresses : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
}
