using System.Diagnostics;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Helping;

namespace Sous.Plugins.Host.Hosts;

/// <summary>The hosts there are: those on the database that they share, or this one alone on its data folder.</summary>
internal sealed class HostList(TimeProvider clock, RunQueue runs, Helpers helpers, SharedStores? shared = null)
{
    /// <returns>The one that works first, then the others as they came.</returns>
    /// <exception cref="StorageException">The database cannot be asked.</exception>
    public async Task<IReadOnlyList<HostView>> ListAsync(CancellationToken cancellationToken)
    {
        var helped = helpers.Here.ToDictionary(static helper => helper.Name, static helper => helper.Runs, StringComparer.Ordinal);
        var own = Math.Max(0, runs.Active.Count(static run => run.HasBegun) - helped.Values.Sum());
        if (shared is null)
        {
            using var process = Process.GetCurrentProcess();
            return [new HostView(HostIdentity.Name, HostIdentity.Version, HostState.Works, process.StartTime.ToUniversalTime(), clock.GetUtcNow(), own)];
        }

        return [.. (await shared.ListHosts(cancellationToken)).Select(host => host.State == HostState.Works ? host with { Runs = own }
            : helped.TryGetValue(host.Name, out var its) ? host with { State = HostState.Helps, Runs = its }
            : host)];
    }
}
