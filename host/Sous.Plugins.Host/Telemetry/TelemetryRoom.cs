using System.Reflection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Sous.Plugins.Host.Access;

namespace Sous.Plugins.Host.Telemetry;

internal static class TelemetryRoom
{
    private const string CollectorSetting = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Gathers the rooms' instruments and the framework's own, for <c>/metrics</c> and, where OpenTelemetry's own setting names one, a collector.
    /// Not those of HttpClient: they name every host that is called, receivers of deliveries too.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var isCollected = !string.IsNullOrEmpty(configuration[CollectorSetting]);
        services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService("sous-plugins", serviceVersion: Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(HostMeter.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime").AddPrometheusExporter();
                if (isCollected)
                {
                    metrics.AddOtlpExporter();
                }
            });
        return services;
    }

    /// <summary><c>GET /metrics</c>, as Prometheus reads it.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint("/metrics")
        .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
        .RequireAccess(AccessLevel.AdminOrThisMachine);
}
