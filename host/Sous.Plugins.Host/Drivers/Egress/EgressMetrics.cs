using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Polly.Timeout;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>How services answer, and how long calls to them wait for their turn. Safe for any number of threads.</summary>
internal sealed class EgressMetrics
{
    private readonly CallBudgets _budgets;
    private readonly Histogram<double> _calls;
    private readonly Histogram<double> _waits;

    public EgressMetrics(IMeterFactory meters, CallBudgets budgets)
    {
        _budgets = budgets;
        var meter = meters.Create(HostMeter.Name);
        _calls = meter.CreateHistogram("sous.call.duration", "s", "A call to a service, each try of it, until its answer's headers are there or it failed.", advice: HostMeter.Seconds);
        _waits = meter.CreateHistogram("sous.call.wait", "s", "What a call waited for its turn by the service's limits.", advice: HostMeter.Seconds);
        meter.CreateObservableGauge("sous.call.waiting", ReadWaiting, "{call}", "Calls that wait for their turn.");
        meter.CreateObservableGauge("sous.call.closed", ReadClosed, "{limit}", "Client registrations and connections that services asked to wait.");
    }

    public void Waited(DriverId driver, CallPriority priority, TimeSpan wait)
        => _waits.Record(wait.TotalSeconds, HostMeter.Tag(HostMeter.Driver, driver.Value), HostMeter.Tag(HostMeter.Priority, priority));

    public void Answered(DriverId driver, HttpStatusCode status, TimeSpan took)
    {
        // Whatever number a service makes up counts as its class.
        var known = Enum.IsDefined(status) ? (int)status : (int)status / 100 * 100;
        _calls.Record(took.TotalSeconds, HostMeter.Tag(HostMeter.Driver, driver.Value), new("http.response.status_code", known));
    }

    public void Failed(DriverId driver, Exception failure, TimeSpan took)
    {
        var type = failure switch
        {
            TimeoutRejectedException => HostMeter.Tag("error.type", "timeout"),
            HttpRequestException http => HostMeter.Tag("error.type", http.HttpRequestError),
            _ => HostMeter.Tag("error.type", "other"),
        };
        _calls.Record(took.TotalSeconds, HostMeter.Tag(HostMeter.Driver, driver.Value), type);
    }

    private IEnumerable<Measurement<int>> ReadWaiting()
        => _budgets.View().Select(static one => new Measurement<int>(one.Budget.Waiting, HostMeter.Tag(HostMeter.Driver, one.Driver.Value)));

    private IEnumerable<Measurement<int>> ReadClosed() => _budgets.View().SelectMany(static one => new[]
    {
        Closed(one.Driver, RateLimitScope.Registration, one.Budget.ClosedUntil is null ? 0 : 1),
        Closed(one.Driver, RateLimitScope.Connection, one.Budget.ClosedConnections),
    });

    private static Measurement<int> Closed(DriverId driver, RateLimitScope of, int count)
        => new(count, HostMeter.Tag(HostMeter.Driver, driver.Value), HostMeter.Tag(HostMeter.Kind, of));
}
