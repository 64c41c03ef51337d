using System.Globalization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether what https addresses are served with can be read, and for how long it is good. No line where no certificate is set.</summary>
internal sealed class CertificateCheck(IServiceProvider services, IConfiguration configuration, TimeProvider clock) : ICheck
{
    public static string Name => "certificate";

    public static string Remedy => "Renew it and write both files: the worker serves them a minute later, without a restart.";

    public ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
        => ValueTask.FromResult<IReadOnlyList<Diagnosis>>(ServerCertificate.IsSetIn(configuration) ? [Judge(services.GetRequiredService<ServerCertificate>().EndsAt)] : []);

    private Diagnosis Judge(DateTimeOffset end)
    {
        var now = clock.GetUtcNow();
        var says = string.Create(CultureInfo.InvariantCulture, $"What https addresses are served with {(end < now ? "ended" : "ends")} on {end.ToUniversalTime():yyyy-MM-dd}.");
        return end < now ? Diagnosis.Failed(Name, says, Remedy)
            : end - now < ServerCertificate.EndsSoon ? Diagnosis.Warning(Name, says, Remedy)
            : Diagnosis.Ok(Name, says);
    }
}
