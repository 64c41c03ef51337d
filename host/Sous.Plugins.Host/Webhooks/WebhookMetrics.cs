using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>What becomes of webhooks, and how soon that is told. Safe for any number of threads.</summary>
internal sealed class WebhookMetrics
{
    private readonly Histogram<double> _answers;
    private readonly DriverLookup _drivers;

    public WebhookMetrics(IMeterFactory meters, DriverLookup drivers)
    {
        _drivers = drivers;
        _answers = meters.Create(HostMeter.Name).CreateHistogram("sous.webhook.duration", "s", "From when a webhook came until it was answered.", advice: HostMeter.Seconds);
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
}
