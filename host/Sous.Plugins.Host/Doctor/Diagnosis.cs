namespace Sous.Plugins.Host.Doctor;

/// <summary>What a check found.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Says">One plain sentence, free of secrets.</param>
/// <param name="Remedy">What to do about it, or null where there is nothing to do.</param>
internal sealed record Diagnosis(string Check, DiagnosisState State, string Says, string? Remedy = null)
{
    /// <summary>The redirect address to register at a driver's service, to the letter.</summary>
    public string? RedirectAddress { get; init; }

    /// <summary>The webhook address to register at a driver's service, to the letter; known while the host runs.</summary>
    public Uri? WebhookAddress { get; init; }

    public static Diagnosis Ok(string check, string says) => new(check, DiagnosisState.Ok, says);

    public static Diagnosis Warning(string check, string says, string remedy) => new(check, DiagnosisState.Warning, says, remedy);

    public static Diagnosis Failed(string check, string says, string remedy) => new(check, DiagnosisState.Failed, says, remedy);
}
