using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Http.OpenApi;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Access;

/// <summary>The whole worker as it is composed, with the tree's own plugins.json unless another is named, on a free port and a data folder of its own.</summary>
internal sealed class RunningWorker : IAsyncDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly HttpClient _admin = new(new DescribedAnswers());

    private RunningWorker()
    {
    }

    public Worker Worker { get; private set; } = null!;

    public Uri Address { get; } = FreeAddress();

    public HttpClient Admin => _admin;

    public static Task<RunningWorker> StartAsync(params (string Key, string? Value)[] settings) => StartAsync(TimeProvider.System, settings);

    public static Task<RunningWorker> StartAsync(TimeProvider clock, params (string Key, string? Value)[] settings)
        => StartAsync(clock, Path.Combine(Path.GetDirectoryName(PluginsTree.Artifacts)!, "plugins.json"), settings);

    public static async Task<RunningWorker> StartAsync(TimeProvider clock, string plugins, params (string Key, string? Value)[] settings)
    {
        var running = new RunningWorker();
        var overrides = settings.ToDictionary(s => s.Key, s => s.Value);
        overrides.TryAdd("PublicUrl", running.Address.AbsoluteUri);
        overrides["LogLevel"] = "Error";
        running.Worker = await Worker.StartAsync(
            new HostSettings
            {
                Urls = running.Address.GetLeftPart(UriPartial.Authority),
                Data = running._data.Path,
                Plugins = plugins,
                Overrides = overrides,
            },
            clock,
            TestContext.Current.CancellationToken);
        running._admin.BaseAddress = running.Address;
        running._admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", HostFile.Read(running._data.Path)!.Key);
        return running;
    }

    public async Task<JsonElement> PostAsync(string path, object body, HttpStatusCode expected)
    {
        using var response = await _admin.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == expected, text);
        return JsonDocument.Parse(text).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await Worker.DisposeAsync();
        _data.Dispose();
    }

    public static Uri FreeAddress() => new($"http://localhost:{FreePort.Take()}");
}
