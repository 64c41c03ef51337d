using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Processes;

/// <summary>A folder for hosts whose one driver is that of <see cref="OAuthServer"/>, which runs beside them.</summary>
internal sealed class RotatingFolder : IAsyncDisposable
{
    public const string Driver = "rotating";

    /// <summary>Where owners are sent back to; nobody listens there.</summary>
    public static readonly Uri Back = new("http://127.0.0.1:9/back");

    private readonly string _folder = Directory.CreateTempSubdirectory("sous-rotating-").FullName;

    private readonly string _plugins;

    private RotatingFolder(string? plugins) => _plugins = plugins ?? Path.Combine(_folder, "plugins.json");

    public Uri Address { get; } = HostProcess.FreeAddress();

    public string Data => Path.Combine(_folder, "data");

    public Uri Callback => new(Address, $"oauth/callback/{Driver}");

    /// <summary>The program, with its options, that its hosts run under; nothing for alone.</summary>
    public IReadOnlyList<string> Under { get; set; } = [];

    /// <summary>Those of each host's command line.</summary>
    public string[] Arguments => ["--plugins", _plugins];

    public OAuthServer Service { get; private set; } = null!;

    public static Task<RotatingFolder> MakeAsync(CancellationToken cancellationToken) => MakeAsync(new OAuthServerOptions(), cancellationToken: cancellationToken);

    /// <param name="service">What kind of service the driver's is.</param>
    /// <param name="plugins">A plugins.json that lists the driver and others; without it one that lists it alone is made.</param>
    public static async Task<RotatingFolder> MakeAsync(OAuthServerOptions service, string? plugins = null, CancellationToken cancellationToken = default)
    {
        var made = new RotatingFolder(plugins);
        made.Service = await OAuthServer.StartAsync(service with { RedirectAddresses = [made.Callback] }, cancellationToken);
        if (plugins is null)
        {
            var fixtures = Path.Combine(Tree.Root, "artifacts", "fixtures");
            await File.WriteAllTextAsync(made._plugins, $$"""{ "pluginsFolder": "{{fixtures}}", "plugins": [ { "id": "{{Driver}}", "path": "Fixture.Rotating" } ] }""", cancellationToken);
        }

        return made;
    }

    /// <summary>Consents in an owner's browser to what the session at that path of the API asks for, and confirms it.</summary>
    /// <returns>The connection.</returns>
    public static async Task<JsonNode> ConsentAsync(HostClient platform, string tenant, string path, JsonObject wish, CancellationToken cancellationToken)
    {
        wish["initiator"] = "user-1";
        wish["returnTo"] = "home";
        var session = await platform.PostAsync($"{tenant}/{path}", wish, cancellationToken);
        using var owner = new OwnerBrowser();
        await owner.ConsentAsync(new Uri((string)session["url"]!), Back, cancellationToken);
        return await platform.PostAsync($"{tenant}/connect-sessions/{(string)session["id"]!}/complete", new JsonObject { ["initiator"] = "user-1" }, cancellationToken);
    }

    /// <summary>What each of its hosts is told: anew for each caller.</summary>
    public Dictionary<string, string?> MakeConfiguration() => new()
    {
        ["PublicUrl"] = Address.GetLeftPart(UriPartial.Authority),
        ["ReturnAddresses:home"] = Back.AbsoluteUri,
        [$"Clients:{Driver}:ClientId"] = OAuthServer.ClientId,
        [$"Clients:{Driver}:ClientSecret"] = OAuthServer.ClientSecret,
        [$"Clients:{Driver}:AuthUrl"] = Service.Address.AbsoluteUri,
        [$"Clients:{Driver}:ApiUrl"] = Service.Address.AbsoluteUri,
    };

    /// <summary>A host on the data folder, ready.</summary>
    public async Task<HostProcess> StartAsync(CancellationToken cancellationToken, params (string Key, string Value)[] settings)
    {
        var host = Start(settings);
        await host.ReadyAsync(cancellationToken);
        return host;
    }

    /// <summary>A host on the data folder that is only just starting.</summary>
    public HostProcess Start(params (string Key, string Value)[] settings)
    {
        var configuration = MakeConfiguration();
        foreach (var (key, value) in settings)
        {
            configuration[key] = value;
        }

        return HostProcess.StartUnder(Under, Address, Data, configuration, null, Arguments);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
