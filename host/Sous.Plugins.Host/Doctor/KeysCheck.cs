using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether the next start would pass the boot gate: by what lies on the disk now, not by what was read at the last one.</summary>
internal sealed class KeysCheck(DataFolder folder, IConfiguration configuration, TimeProvider clock, StoredRegistry stored, SharedStores? shared = null) : ICheck
{
    private const string Move = "Move the key out of the data folder and name it in SOUS_MasterKeyFile.";

    public static string Name => "keys";

    public static string Remedy => "Put the master key back that the data was written under (SOUS_MasterKeyFile or SOUS_MasterKey), or restore a backup.";

    public async ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        if (shared is null && ClusterAssembly.IsSetIn(configuration))
        {
            BootGate.RefuseShared(folder, configuration);
            return [Diagnosis.Warning(Name, "What the master key must open is in PostgreSQL, and only a host that runs looks into it.", "Start the host, and ask again.")];
        }

        // Between two writes the registry's file is whole.
        var report = shared is not null ? await BootGate.CheckAsync(shared with { IsFresh = false }, folder, configuration, clock, cancellationToken)
            : stored() is { } registry ? await registry.WriteAsync(_ => Judge(), cancellationToken) : Judge();
        return report.MasterKey.RefusalFor(ListenAddresses.ReadWithPublic(configuration)) is { } refusal ? [Diagnosis.Failed(Name, refusal, Move)]
            : report.Warnings.Count == 0 ? [Diagnosis.Ok(Name, "The master key opens the key ring, and the ring every credential.")]
            : [.. report.Warnings.Select(warning => Diagnosis.Warning(Name, warning, report.MasterKey.Source == MasterKeySource.Generated ? Move : "Leave the host running: it makes the next key in time; or run: sous-plugins secrets rotate-data"))];
    }

    private BootReport Judge() => BootGate.Check(folder, configuration, clock);
}
