using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Looks at all that the host stands on, one thing after another; what one check meets does not keep the next from looking.</summary>
internal sealed class Checkup(IServiceProvider services)
{
    public async Task<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken) =>
    [
        .. await RunAsync<ConfigurationCheck>(cancellationToken),
        .. await RunAsync<DataFolderCheck>(cancellationToken),
        .. await RunAsync<DiskCheck>(cancellationToken),
        .. await RunAsync<KeysCheck>(cancellationToken),
        .. await RunAsync<StoresCheck>(cancellationToken),
        .. await RunAsync<AuditCheck>(cancellationToken),
        .. await RunAsync<ClockCheck>(cancellationToken),
        .. await RunAsync<PortsCheck>(cancellationToken),
        .. await RunAsync<PublicUrlCheck>(cancellationToken),
        .. await RunAsync<CertificateCheck>(cancellationToken),
        .. await RunAsync<PluginsCheck>(cancellationToken),
        .. await RunAsync<RegistrationsCheck>(cancellationToken),
    ];

    private async ValueTask<IReadOnlyList<Diagnosis>> RunAsync<T>(CancellationToken cancellationToken)
        where T : ICheck
    {
        try
        {
            return await ActivatorUtilities.CreateInstance<T>(services).RunAsync(cancellationToken);
        }
        catch (Exception e) when (VerbFailure.ExplainStart(e) is { } failure)
        {
            return [.. failure.Sentence.Split(Environment.NewLine).Select(sentence => Diagnosis.Failed(T.Name, sentence, RemedyOf(e) ?? T.Remedy))];
        }
    }

    /// <summary>What helps whichever check met it, or null where the check knows best.</summary>
    private static string? RemedyOf(Exception exception) => exception switch
    {
        StorageException { InnerException: UnauthorizedAccessException or IOException } => DataFolderCheck.Remedy,
        StorageException => StoresCheck.Remedy,
        _ => null,
    };
}
