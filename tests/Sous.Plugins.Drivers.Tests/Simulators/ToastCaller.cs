using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>Calls a Toast as a plain client does, with the client's token and, where one is named, a restaurant.</summary>
internal sealed class ToastCaller : IDisposable
{
    private readonly HttpClient _http;

    public ToastCaller(ToastSimulator toast)
        : this(new HttpClient { BaseAddress = toast.Address }, toast.IssueToken())
    {
    }

    public ToastCaller(HttpClient http, string? token)
    {
        _http = http;
        Authorize(token);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Authorize(string? token) => _http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

    public Task<ToastReply> GetAsync(string path, string? restaurant = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (restaurant is not null)
        {
            request.Headers.Add("Toast-Restaurant-External-ID", restaurant);
        }

        return SendAsync(request);
    }

    public Task<ToastReply> LogInAsync(string? clientId, string? clientSecret, string access = "TOAST_MACHINE_CLIENT") => SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/authentication/v1/authentication/login") { Content = JsonContent.Create(new { clientId, clientSecret, userAccessType = access }) });

    /// <summary>All orders of a range, page by page until the link header ends.</summary>
    public async Task<List<JsonElement>> OrdersAsync(string restaurant, DateTimeOffset from, DateTimeOffset to, int pageSize = 100)
    {
        var orders = new List<JsonElement>();
        for (var page = 1; ; page++)
        {
            var reply = await GetAsync($"/orders/v2/ordersBulk?{Range(from, to)}&pageSize={pageSize}&page={page}", restaurant);
            Assert.True(reply.Status == 200, reply.Json.ToString());
            orders.AddRange(reply.Json.EnumerateArray());
            if (!reply.Link.Contains("rel=\"next\"", StringComparison.Ordinal))
            {
                return orders;
            }
        }
    }

    public static string Range(DateTimeOffset from, DateTimeOffset to) => $"startDate={Time(from)}&endDate={Time(to)}";

    public void Dispose() => _http.Dispose();

    private static string Time(DateTimeOffset at) => Uri.EscapeDataString(at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0000'", System.Globalization.CultureInfo.InvariantCulture));

    private async Task<ToastReply> SendAsync(HttpRequestMessage request)
    {
        using var sent = request;
        using var response = await _http.SendAsync(sent, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        return new ToastReply(
            (int)response.StatusCode,
            text.Length > 0 && text[0] is '{' or '[' ? JsonElement.Parse(text) : default,
            response.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase));
    }
}

/// <summary>What came back.</summary>
internal sealed record ToastReply(int Status, JsonElement Json, IReadOnlyDictionary<string, string> Headers)
{
    public string Link => Headers.GetValueOrDefault("Link", "");
}
