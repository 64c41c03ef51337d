using System.Globalization;
using Sous.Plugins.Host.Audit;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether the audit trail is as it was written.</summary>
internal sealed class AuditCheck(StoredRegistry stored, IServiceProvider services) : ICheck
{
    public static string Name => "audit trail";

    public static string Remedy => "Find out who could write the data folder, and compare with the audit trail of a backup.";

    public async ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        if (stored() is null)
        {
            return [new Diagnosis(Name, DiagnosisState.NotChecked, "Nothing is stored yet, or the keys or the stores forbid reading it.")];
        }

        // Wants the key ring, which is there where the registry may be opened.
        var verdict = await services.GetRequiredService<AuditVerification>().VerifyAsync(null, cancellationToken);
        return
        [
            verdict.Fault is { } fault
                ? Diagnosis.Failed(Name, string.Create(CultureInfo.InvariantCulture, $"Entry {fault.Sequence}: {fault.Reason}"), Remedy)
                : Diagnosis.Ok(Name, string.Create(CultureInfo.InvariantCulture, $"All {verdict.Entries} entries stand as they were written.")),
        ];
    }
}
