using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Cli;

/// <summary>Notes in the trail what a verb changed past the registry, on a data folder where no host runs.</summary>
internal static class OfflineAudit
{
    /// <summary>Nothing where there is no registry yet: then there is no trail.</summary>
    public static async Task AppendAsync(RunningHost host, string action, string target, CancellationToken cancellationToken)
    {
        if (host.Folder is { } folder && File.Exists(folder.RegistryFile))
        {
            await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
            await registry.AppendAsync(AuditEntry.Make(TimeProvider.System.GetUtcNow(), AuditEntry.Cli, action, target: target), cancellationToken);
        }
    }
}
