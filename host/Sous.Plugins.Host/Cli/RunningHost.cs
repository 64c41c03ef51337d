using System.CommandLine;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cli;

/// <summary>
/// Whom a verb means: the host that runs on a data folder, found by its host.json; a remote one, by <c>--url</c> and <c>--key</c>;
/// or, where no host runs, the data folder itself, which stays locked until this is disposed, so that none starts meanwhile.
/// </summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly IConfiguration _configuration;
    private readonly HostClient? _client;
    private OfflineHost? _offline;

    private RunningHost(IConfiguration configuration, HostClient? client, DataFolder? folder)
        => (_configuration, _client, Folder) = (configuration, client, folder);

    /// <summary>The data folder, locked; null where a host runs.</summary>
    public DataFolder? Folder { get; }

    public bool IsRunning => _client is not null;

    /// <summary>The plugins.json of the host that runs on the data folder; null of a remote one, and where none runs.</summary>
    public string? Plugins { get; private init; }

    /// <exception cref="VerbFailedException">The options do not go together.</exception>
    /// <exception cref="StorageException">Another process has the data folder and has left no host.json.</exception>
    public static RunningHost Find(ParseResult parsed)
    {
        var configuration = new ConfigurationBuilder().AddHostSettings(new HostSettings { Data = parsed.GetValue(VerbOptions.Data) }).Build();
        var (url, key) = (parsed.GetValue(VerbOptions.Url), parsed.GetValue(VerbOptions.Key));
        if (url is null && key is null)
        {
            return FindByLock(configuration);
        }

        if (url is null || key is null)
        {
            throw new VerbFailedException(ExitCode.Syntax, "--url and --key go together: the address of a remote host, and an API key of it.");
        }

        return Uri.TryCreate(url, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo: "" }
            ? new RunningHost(configuration, new HostClient(address, key.Trim()), null)
            : throw new VerbFailedException(ExitCode.Syntax, "--url is not an address such as https://sous.example, without a user name.");
    }

    /// <summary>For a verb that only a running host can serve.</summary>
    /// <exception cref="VerbFailedException">No host runs.</exception>
    public HostClient Online() => _client ?? throw new VerbFailedException(
        ExitCode.Failed, $"No host runs on the data folder {Folder?.Path}: start one, or name a remote one with --url and --key.");

    /// <summary>For a verb that works on the data folder too where no host runs: then it is opened, once it has passed the boot gate.</summary>
    /// <exception cref="VerbFailedException">Neither a host runs nor is there a registry.</exception>
    public async Task<HostClient> OnlineOrOfflineAsync(OfflineTerms terms, CancellationToken cancellationToken)
    {
        if (_client is not null)
        {
            return _client;
        }

        if (Folder is null || !File.Exists(Folder.RegistryFile))
        {
            throw new VerbFailedException(ExitCode.Failed, $"No host runs on the data folder {Folder?.Path}, and it holds no registry: name another with --data, or start the host once.");
        }

        _offline ??= await OfflineHost.StartAsync(Folder, _configuration, terms, cancellationToken);
        return _offline.Client;
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await (_offline?.DisposeAsync() ?? ValueTask.CompletedTask);
        Folder?.Dispose();
    }

    // The lock tells whether a host runs: the kernel lets go of it however its holder dies, while a killed host leaves its host.json.
    private static RunningHost FindByLock(IConfiguration configuration)
    {
        var path = Path.GetFullPath(configuration.ReadDataPath());
        try
        {
            return new RunningHost(configuration, null, DataFolder.Open(path));
        }
        catch (StorageException) when (HostFile.Read(path) is { } host)
        {
            return new RunningHost(configuration, new HostClient(host.Address, host.Key), null) { Plugins = host.Plugins };
        }
    }
}
