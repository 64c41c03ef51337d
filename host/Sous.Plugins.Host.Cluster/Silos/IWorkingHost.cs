namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>The host that works, to those that help it. What is sent is described at <see cref="Syncing.Helping.WorkerLine"/>.</summary>
internal interface IWorkingHost : IGrainWithStringKey
{
    /// <summary>Sends a call of a run.</summary>
    Task<(byte[] Head, byte[]? Body)> SendAsync(string run, byte[] head, byte[]? body, CancellationToken cancellationToken);

    /// <summary>Takes how far a run has come; answers with a <see cref="Syncing.Helping.RunAdvice"/>.</summary>
    Task<int> TellAsync(string run, byte[] progress);

    /// <summary>Heeds what a driver failed with.</summary>
    Task HeedAsync(string run, byte[] failure);
}
