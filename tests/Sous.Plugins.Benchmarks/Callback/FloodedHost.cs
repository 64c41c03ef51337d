using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sous.Plugins.Host;
using Sous.Plugins.Host.Cli;

namespace Sous.Plugins.Benchmarks.Callback;

/// <summary>The whole host with a fresh data folder, its service a socket that counts who comes, and its limits out of the flood's way.</summary>
internal sealed class FloodedHost : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sous-bench-");
    private readonly TcpListener _service = new(IPAddress.Loopback, 0);
    private Worker? _worker;
    private int _asked;

    private FloodedHost()
    {
    }

    public Uri Address { get; } = Place.FreeAddress();

    /// <summary>Connections to the service's token endpoint.</summary>
    public int Asked => Volatile.Read(ref _asked);

    private string Data => Path.Combine(_folder.FullName, "data");

    public static async Task<FloodedHost> StartAsync()
    {
        var host = new FloodedHost();
        host._service.Start();
        _ = host.CountAsync();
        host._worker = await Worker.StartAsync(
            new HostSettings
            {
                Urls = host.Address.GetLeftPart(UriPartial.Authority),
                Data = host.Data,
                Plugins = Place.FindPlugins(),
                Overrides = new Dictionary<string, string?>
                {
                    ["PublicUrl"] = host.Address.GetLeftPart(UriPartial.Authority),
                    ["LogLevel"] = "Error",
                    ["Clients:square:ClientId"] = "bench",
                    ["Clients:square:ClientSecret"] = "bench",
                    ["Clients:square:AuthUrl"] = $"http://127.0.0.1:{((IPEndPoint)host._service.LocalEndpoint).Port}",
                    ["ConnectLimits:CallbacksPerMinute"] = "1000000",
                    ["ConnectLimits:PagesPerMinute"] = "1000000",
                },
            },
            CancellationToken.None);
        return host;
    }

    public async Task<Refusal> ReadRefusalAsync()
    {
        using var http = new HttpClient { BaseAddress = Address };
        using var answer = await http.GetAsync($"oauth/callback/square?state={CallbackBenchmark.ForgeState()}&code=c");
        var headers = answer.Headers.Concat(answer.Content.Headers).Where(static header => header.Key is not ("Date" or "Content-Length" or "Transfer-Encoding"));
        return new Refusal((int)answer.StatusCode, headers.ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value)), await answer.Content.ReadAsByteArrayAsync());
    }

    /// <summary>Hash over every file of the data folder.</summary>
    public string ReadState()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Directory.EnumerateFiles(Data).Where(static path => Path.GetFileName(path) != "lock").Order(StringComparer.Ordinal))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(path));
            hash.AppendData(SHA256.HashData(file));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Asks with each kind of wrong state in turn; prints the medians.</summary>
    /// <returns>The largest difference of two medians, in milliseconds.</returns>
    public async Task<double> CompareAsync(int each)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
        using var owner = new HttpClient(handler) { BaseAddress = Address };
        using var stranger = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        var link = await MakeLinkAsync();
        var unknown = await PressAsync(owner, link);
        var used = await PressAsync(owner, link);
        using (await owner.GetAsync($"oauth/callback/square?state={used}&error=access_denied"))
        {
            // It is spent now; the one before it was given up by the second press.
        }

        var kinds = new (string Name, HttpClient Client, Func<string> State)[]
        {
            ("forged", owner, CallbackBenchmark.ForgeState), ("unknown", owner, () => unknown), ("used", owner, () => used), ("of another browser", stranger, () => used),
        };
        var times = kinds.Select(static _ => new List<double>()).ToArray();
        for (var i = 0; i < each; i++)
        {
            for (var kind = 0; kind < kinds.Length; kind++)
            {
                var start = Stopwatch.GetTimestamp();
                using var answer = await kinds[kind].Client.GetAsync($"oauth/callback/square?state={kinds[kind].State()}&code=c");
                times[kind].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                if (answer.StatusCode != HttpStatusCode.BadRequest)
                {
                    throw new InvalidOperationException($"A state that is {kinds[kind].Name} was answered with {answer.StatusCode}.");
                }
            }
        }

        var medians = times.Select(Sampling.Median).ToArray();
        var gap = medians.Max() - medians.Min();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"medians of {each} each: {string.Join(", ", kinds.Zip(medians, static (kind, median) => $"{kind.Name} {median:0.000} ms"))}; largest gap {gap:0.000} ms (goal 2)"));
        return gap;
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is { } worker)
        {
            await worker.DisposeAsync();
        }

        _service.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<string> MakeLinkAsync()
    {
        using var client = new HostClient(Address, (await File.ReadAllTextAsync(Path.Combine(Data, "admin-key"))).Trim());
        await client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "bench" }, CancellationToken.None);
        var session = await client.PostAsync("api/v1/tenants/bench/connect-sessions", new JsonObject { ["driver"] = "square", ["initiator"] = "bench" }, CancellationToken.None);
        return (string?)session["url"] ?? throw new InvalidOperationException("The session has no link.");
    }

    private static async Task<string> PressAsync(HttpClient owner, string link)
    {
        using var pressed = await owner.PostAsync(link, null);
        var query = System.Web.HttpUtility.ParseQueryString(pressed.Headers.Location?.Query ?? "");
        return query["state"] ?? throw new InvalidOperationException("The button leads nowhere.");
    }

    private async Task CountAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _service.AcceptTcpClientAsync();
                Interlocked.Increment(ref _asked);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }
}
