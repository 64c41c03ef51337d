using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Host.Tests.Live.Proxy;

/// <summary>The composed host with the real Square driver, a simulated Square behind a counter, and a tenant that is connected to it, with a key of its own.</summary>
internal sealed class ProxyHost : IAsyncDisposable
{
    public const string Tenant = "/api/v1/tenants/t1";
    private const string Return = "http://127.0.0.1:9/back";

    private ProxyHost(SquareSimulator square, Counter counter, RunningWorker worker) => (Square, Counter, Worker) = (square, counter, worker);

    public SquareSimulator Square { get; }

    public Counter Counter { get; }

    public RunningWorker Worker { get; }

    public string Key { get; private set; } = "";

    public string Connection { get; private set; } = "";

    public string Proxy => $"{Tenant}/connections/{Connection}/proxy";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ProxyHost> StartAsync()
    {
        var square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 1_200, Days = 20 }, cancellationToken: Token);
        var counter = await Counter.StartAsync(square.Address, Token);
        var worker = await RunningWorker.StartAsync(
            ("Clients:square:ClientId", square.Options.ClientId),
            ("Clients:square:ClientSecret", square.ClientSecret),
            ("Clients:square:AuthUrl", square.Address.AbsoluteUri),
            ("Clients:square:ApiUrl", counter.Address.AbsoluteUri),
            ("ReturnAddresses:back", Return));
        var host = new ProxyHost(square, counter, worker);
        host.Key = await host.MakeTenantAsync("t1");
        var session = await worker.PostAsync($"{Tenant}/connect-sessions", new { driver = "square", initiator = "anna", returnTo = "back" }, HttpStatusCode.Created);
        using var browser = new OwnerBrowser();
        await browser.ConsentAsync(new Uri(session.GetProperty("url").GetString()!), new Uri(Return), Token);
        var connection = await worker.PostAsync($"{Tenant}/connect-sessions/{session.GetProperty("id").GetString()}/complete", new { initiator = "anna" }, HttpStatusCode.OK);
        host.Connection = connection.GetProperty("id").GetString()!;
        return host;
    }

    /// <returns>The tenant's key.</returns>
    public async Task<string> MakeTenantAsync(string id)
    {
        await Worker.PostAsync("/api/v1/tenants", new { id }, HttpStatusCode.Created);
        return (await Worker.PostAsync("/api/v1/keys", new { scope = $"tenant:{id}" }, HttpStatusCode.Created)).GetProperty("key").GetString()!;
    }

    /// <summary>A call by the tenant's key, or another.</summary>
    public async Task<HttpResponseMessage> AskAsync(HttpMethod method, string path, HttpContent? content = null, string? key = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? Key);
        request.Headers.Add(Counter.Mark, "1");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Worker.Admin.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    /// <summary>The status that a request gets which is written as it stands.</summary>
    public async Task<int> WriteAsync(string target, string more = "")
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(Worker.Address.Host, Worker.Address.Port, Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\nHost: {Worker.Address.Authority}\r\nAuthorization: Bearer {Key}\r\nConnection: close\r\n{Counter.Mark}: 1\r\n{more}\r\n"), Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return int.Parse((await reader.ReadLineAsync(Token))!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    public static async Task<string?> CodeAsync(HttpResponseMessage response) => (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();

    /// <summary>Waits for the connection's first runs: they speak to the service too.</summary>
    public Task SettleAsync() => AuthorizationApp.EventuallyAsync(async () =>
        (await Worker.Admin.GetFromJsonAsync<JsonElement>($"{Tenant}/connections/{Connection}/runs", Token)).GetProperty("items").EnumerateArray()
            .Count(static run => run.GetProperty("outcome").GetString() == "completed") == 2);

    /// <summary>What the trail has of passed-on calls and refusals.</summary>
    public async Task<IReadOnlyList<(string Action, string? Target)>> AuditAsync()
        => [.. (await Worker.Admin.GetFromJsonAsync<JsonElement>("/api/v1/audit?limit=1000", Token)).GetProperty("items").EnumerateArray()
            .Select(static entry => (entry.GetProperty("action").GetString()!, entry.TryGetProperty("target", out var target) ? target.GetString() : null))
            .Where(static entry => entry.Item1 is "access.denied" or "request.served" || entry.Item1.StartsWith("proxy", StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        await Counter.DisposeAsync();
        await Square.DisposeAsync();
    }
}
