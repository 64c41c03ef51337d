using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether every setting is one that a start accepts.</summary>
internal sealed class ConfigurationCheck(IStartupValidator settings, IConfiguration configuration) : ICheck
{
    public static string Name => "configuration";

    public static string Remedy => "Correct the setting; host/CONFIGURATION.md says what each may be.";

    public ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        settings.Validate();
        _ = ListenAddresses.ReadAll(configuration);
        return ValueTask.FromResult<IReadOnlyList<Diagnosis>>([Diagnosis.Ok(Name, "Every setting can be used.")]);
    }
}
