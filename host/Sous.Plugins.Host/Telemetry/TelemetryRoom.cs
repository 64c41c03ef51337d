using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Telemetry;

internal static class TelemetryRoom
{
    private const string CollectorSetting = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Gathers the rooms' instruments and the framework's own, for <c>/metrics</c> and, where OpenTelemetry's own setting names one, a collector; traces for that alone.
    /// Not those of HttpClient: they name every host that is called, receivers of deliveries too.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var isCollected = !string.IsNullOrEmpty(configuration[CollectorSetting]);
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService("sous-plugins", serviceVersion: HostIdentity.Version))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(HostMeter.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime").AddPrometheusExporter(static exporter => exporter.ScrapeResponseCacheDurationMilliseconds = 0);
                if (isCollected)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (isCollected)
        {
            telemetry.WithTracing(static tracing => tracing.AddSource(HostMeter.Name).AddOtlpExporter());
        }

        return services;
    }

    /// <summary>Counts in the stores, time and again, what the instruments tell of them.</summary>
    public static IServiceCollection AddStandingReader(this IServiceCollection services) => services.AddSingleton<StandingReader>().AddHostedAfterAdoption<StandingReader>();

    /// <summary>Has an instrument's values counted in the stores time and again.</summary>
    public static IServiceCollection AddStanding<T>(this IServiceCollection services, Func<T, StandingReading> reading)
        where T : class
        => services.AddSingleton<T>().AddSingleton(provider => reading(provider.GetRequiredService<T>()));

    /// <summary><c>GET /metrics</c>, as Prometheus reads it.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint("/metrics")
        .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
        .RequireAccess(AccessLevel.AdminOrThisMachine);

    /// <summary>The same where there is no key to be asked for: for this machine alone.</summary>
    public static void UseMetricsOfThisMachine(this IApplicationBuilder app)
        => app.UseOpenTelemetryPrometheusScrapingEndpoint(static context => context.Request.Path == "/metrics" && LoopbackAddress.IsFrom(context));
}
