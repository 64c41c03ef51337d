using System.Diagnostics;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Hosts;

/// <summary>The hosts there are: those on the database that they share, or this one alone on its data folder.</summary>
internal sealed class HostList(TimeProvider clock, SharedStores? shared = null)
{
    /// <returns>The one that works first, then the others as they came.</returns>
    /// <exception cref="StorageException">The database cannot be asked.</exception>
    public async Task<IReadOnlyList<HostView>> ListAsync(CancellationToken cancellationToken)
    {
        if (shared is not null)
        {
            return await shared.ListHosts(cancellationToken);
        }

        using var process = Process.GetCurrentProcess();
        return [new HostView(HostIdentity.Name, HostIdentity.Version, HostState.Works, process.StartTime.ToUniversalTime(), clock.GetUtcNow())];
    }
}
