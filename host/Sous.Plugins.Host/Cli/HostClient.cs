using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary>Speaks to a running host over its API, as the platform does. A refusal becomes a <see cref="HostRefusedException"/> with the host's own sentence.</summary>
internal sealed class HostClient : IDisposable
{
    private static readonly FrozenDictionary<string, string> s_things = new Dictionary<string, string>
    {
        ["tenants"] = "tenant",
        ["connections"] = "connection",
        ["syncs"] = "stream",
        ["runs"] = "run",
        ["locations"] = "location",
        ["deliveries"] = "delivery",
        ["subscriptions"] = "subscription",
        ["drivers"] = "driver",
        ["keys"] = "key",
        ["log-levels"] = "level set for",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly HttpClient _http;

    public HostClient(Uri address, string key, HttpMessageHandler? handler = null)
    {
        _http = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>The host is there for the verb alone: what it does in the background is to be waited for.</summary>
    public bool EndsWithVerb { get; init; }

    public Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken)
        => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>A whole list, as <c>items</c>; its pages are asked for one after another.</summary>
    public async Task<JsonNode> ListAsync(string path, CancellationToken cancellationToken)
    {
        var items = new JsonArray();
        var (first, next) = ($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=1000", "");
        do
        {
            var page = await GetAsync(first + next, cancellationToken);
            foreach (var item in page["items"]?.AsArray() ?? [])
            {
                items.Add(item?.DeepClone());
            }

            next = (string?)page["next"] is { } token ? $"&after={Uri.EscapeDataString(token)}" : "";
        }
        while (next.Length > 0);

        return new JsonObject { ["items"] = items };
    }

    public Task<JsonNode> PostAsync(string path, JsonNode? body, CancellationToken cancellationToken)
        => SendAsync(HttpMethod.Post, path, body, cancellationToken);

    public Task<JsonNode> PutAsync(string path, JsonNode body, CancellationToken cancellationToken)
        => SendAsync(HttpMethod.Put, path, body, cancellationToken);

    public Task<JsonNode> DeleteAsync(string path, CancellationToken cancellationToken)
        => SendAsync(HttpMethod.Delete, path, null, cancellationToken);

    /// <summary>What a GET answers, however long it is, as it comes.</summary>
    /// <exception cref="HttpIOException">The host broke off.</exception>
    public async Task DownloadAsync(string path, Stream target, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw Refused(response, Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject);
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await body.CopyToAsync(target, cancellationToken);
    }

    /// <summary>What a GET of server-sent events tells, each as it comes, until the host ends it.</summary>
    public async IAsyncEnumerable<JsonNode> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw Refused(response, Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject);
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var told in SseParser.Create(body).EnumerateAsync(cancellationToken))
        {
            if (Parse(told.Data) is { } json)
            {
                yield return json;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var json = Parse(text);
        return response.IsSuccessStatusCode ? json ?? new JsonObject() : throw Refused(response, json as JsonObject);
    }

    private static HostRefusedException Refused(HttpResponseMessage response, JsonObject? problem)
        => new((int)response.StatusCode, problem, (string?)problem?["code"] switch
        {
            "unauthenticated" => "The host does not take this key: it is unknown, has expired or was revoked. See --key.",
            "not_found" when response.RequestMessage?.RequestUri is { } asked => SubjectOf(asked),
            _ => (string?)problem?["detail"] ?? $"The host answered {(int)response.StatusCode}.",
        });

    /// <summary>Who called a verb knows things and their ids, not addresses.</summary>
    private static string SubjectOf(Uri asked)
    {
        var segments = asked.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var at = segments.Length < 2 ? -1 : Array.FindLastIndex(segments, segments.Length - 2, static segment => s_things.ContainsKey(segment));
        return at >= 0 ? $"There is no {s_things[segments[at]]} {Uri.UnescapeDataString(segments[at + 1])} that this key can see." : "There is nothing of that kind that this key can see.";
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
