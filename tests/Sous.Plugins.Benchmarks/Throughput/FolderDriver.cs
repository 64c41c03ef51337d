using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Benchmarks.Backfill;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Benchmarks.Throughput;

/// <summary>A driver out of its staged folder, in a load context of its own, over a handler that adds the token and notes each request.</summary>
internal sealed class FolderDriver : IAsyncDisposable
{
    private readonly NotingHandler _handler;
    private readonly HttpClient _http;

    private FolderDriver(IDriverFactory factory, DriverManifest manifest, Uri address, string token, JsonElement settings)
    {
        Manifest = manifest;
        _handler = new NotingHandler(token);
        _http = new HttpClient(_handler) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
        Driver = factory.Create(new DriverContext
        {
            Http = _http,
            HttpHandler = _handler,
            ApiAddress = address,
            Clock = TimeProvider.System,
            Logger = NullLogger.Instance,
            Settings = settings,
        });
    }

    public IDriver Driver { get; }

    public DriverManifest Manifest { get; }

    public HttpClient Http => _http;

    /// <summary>Whether requests are noted.</summary>
    public bool IsNoting
    {
        set => _handler.IsNoting = value;
    }

    /// <summary>The requests since the last call, each as it was sent.</summary>
    public IReadOnlyList<ReplayedRequest> TakeRequests() => _handler.Take();

    /// <param name="folder">The plugin's folder.</param>
    public static FolderDriver Open(string folder, Uri address, string token, JsonElement settings)
    {
        var manifest = DriverManifest.Read(File.ReadAllBytes(Path.Combine(folder, "driver.json")));
        var path = Path.Combine(folder, manifest.Assembly);
        var assembly = new FolderContext(path).LoadFromAssemblyPath(path);
        var type = assembly.GetCustomAttribute<SousDriverAttribute>()?.Factory ?? throw new InvalidOperationException($"{path} names no driver.");
        return new FolderDriver((IDriverFactory)(Activator.CreateInstance(type) ?? throw new InvalidOperationException($"{type} cannot be made.")), manifest, address, token, settings);
    }

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        _http.Dispose();
    }

    private sealed class FolderContext(string path) : AssemblyLoadContext(Path.GetFileName(path))
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        // What the folder lacks, the SDK before all, is the benchmarks' own.
        protected override Assembly? Load(AssemblyName assemblyName) => _resolver.ResolveAssemblyToPath(assemblyName) is { } own ? LoadFromAssemblyPath(own) : null;
    }
}
