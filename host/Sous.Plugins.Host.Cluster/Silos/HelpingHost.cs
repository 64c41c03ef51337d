using System.Text.Json;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Helping;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>This host, to the one that works. Work goes to the thread pool: a grain does one thing at a time.</summary>
[OnItsHost]
[GrainDirectory(OnItsHostDirectory.Name)]
[Reentrant]
internal sealed class HelpingHost(Lent<RunCarrier> runs, IOptions<SyncingOptions> options, IGrainFactory hosts) : Grain, IHelpingHost
{
    public Task<(string Name, string Version, int Places)> DescribeAsync() => Task.FromResult((HostIdentity.Name, HostIdentity.Version, options.Value.MaxConcurrentRuns));

    public Task<byte[]> CarryOutAsync(byte[] order, CancellationToken cancellationToken)
    {
        if (runs.Value is not { } carrier)
        {
            return Task.FromResult(JsonSerializer.SerializeToUtf8Bytes(RunReport.Declined, HelpingJson.Default.RunReport));
        }

        var worker = hosts.GetGrain<IWorkingHost>(Silo.OfWorker);
        return Task.Run(() => carrier.CarryOutAsync(order, new WorkerLine(worker.SendAsync, async (run, progress) => (RunAdvice)await worker.TellAsync(run, progress), worker.HeedAsync), cancellationToken), CancellationToken.None);
    }
}
