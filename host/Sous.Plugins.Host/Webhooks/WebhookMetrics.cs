using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>What becomes of webhooks, and how soon that is told. Safe for any number of threads.</summary>
internal sealed class WebhookMetrics
{
    private readonly Histogram<double> _answers;
    private readonly Gauge<long> _untold;
    private readonly DriverLookup _drivers;

    public WebhookMetrics(IMeterFactory meters, DriverLookup drivers)
    {
        _drivers = drivers;
        var meter = meters.Create(HostMeter.Name);
        _answers = meter.CreateHistogram("sous.webhook.duration", "s", "From when a webhook came until it was answered.", advice: HostMeter.Seconds);
        _untold = meter.CreateGauge<long>("sous.webhook.untold", "{change}", "Changes that polling alone found, where webhooks do not come.");
    }

    /// <param name="driver">As the address names it, which may be anybody's text.</param>
    public void Answered(DriverId driver, int status, TimeSpan took)
    {
        var outcome = status switch
        {
            StatusCodes.Status200OK => "accepted",
            StatusCodes.Status401Unauthorized => "refused",
            StatusCodes.Status413PayloadTooLarge => "too_large",
            _ => "unable",
        };
        _answers.Record(took.TotalSeconds, HostMeter.Tag(HostMeter.Driver, _drivers(driver) is null ? "unknown" : driver.Value), HostMeter.Tag(HostMeter.Outcome, outcome));
    }

    /// <param name="changes">None where webhooks come.</param>
    public void Untold(DriverId driver, long changes) => _untold.Record(changes, HostMeter.Tag(HostMeter.Driver, driver.Value));
}
