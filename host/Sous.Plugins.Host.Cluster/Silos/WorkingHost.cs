using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Sous.Plugins.Host.Syncing.Helping;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>This host, to those that help it. Work goes to the thread pool: a grain does one thing at a time.</summary>
[OnItsHost]
[GrainDirectory(OnItsHostDirectory.Name)]
[Reentrant]
internal sealed class WorkingHost(Lent<HelpedRuns> runs) : Grain, IWorkingHost
{
    private HelpedRuns Runs => runs.Value ?? throw new InvalidOperationException("This host works no longer.");

    public Task<(byte[] Head, byte[]? Body)> SendAsync(string run, byte[] head, byte[]? body, CancellationToken cancellationToken)
        => Task.Run(() => Runs.SendAsync(run, head, body, cancellationToken), CancellationToken.None);

    public Task<int> TellAsync(string run, byte[] progress) => Task.FromResult((int)Runs.Tell(run, progress));

    public Task HeedAsync(string run, byte[] failure) => Task.Run(() => Runs.HeedAsync(run, failure));
}
