namespace Sous.Plugins.Host.Audit;

internal static class AuditRoom
{
    /// <summary>The trail's reading, its checking and its seal. Wants the registry, a clock and the key ring.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton<AuditSeals>()
        .AddHostedService(static provider => provider.GetRequiredService<AuditSeals>())
        .AddSingleton<AuditVerification>();

    /// <summary>What <see cref="UseAudit"/> wants; with the registry and a clock.</summary>
    public static IServiceCollection AddAuditOfRequests(this IServiceCollection services) => services
        .AddSingleton<AuditDenials>()
        .AddSingleton<AuditRequests>();

    /// <summary>Between who is known and who is refused.</summary>
    public static void UseAudit(this IApplicationBuilder app)
        => app.Use(app.ApplicationServices.GetRequiredService<AuditRequests>().WatchAsync);
}
