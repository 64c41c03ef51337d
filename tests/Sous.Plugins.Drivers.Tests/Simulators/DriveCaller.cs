using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>A bare client of Drive's API, with nothing of ours between test and simulator.</summary>
internal sealed class DriveCaller : IDisposable
{
    private readonly HttpClient _client;

    public DriveCaller(DriveSimulator simulator, params string[] scopes)
        : this(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = simulator.Address }, simulator.IssueAccessToken(scopes))
    {
    }

    public DriveCaller(HttpClient client, string? accessToken)
    {
        _client = client;
        Authorize(accessToken);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Authorize(string? accessToken) =>
        _client.DefaultRequestHeaders.Authorization = accessToken is null ? null : new AuthenticationHeaderValue("Bearer", accessToken);

    /// <param name="path">Below the API's own path, or from the root where it begins with a slash.</param>
    /// <param name="range">A Range header, or null.</param>
    public async Task<DriveReply> GetAsync(string path, string? range = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(path));
        if (range is not null)
        {
            request.Headers.TryAddWithoutValidation("Range", range);
        }

        return await DriveReply.ReadAsync(await _client.SendAsync(request, Token));
    }

    public async Task<DriveReply> PostAsync(string path, object body)
    {
        using var content = JsonContent.Create(body);
        return await DriveReply.ReadAsync(await _client.PostAsync(Address(path), content, Token));
    }

    public async Task<DriveReply> FormAsync(string path, params (string Name, string? Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(fields.Where(f => f.Value is not null).Select(f => KeyValuePair.Create(f.Name, f.Value!)));
        return await DriveReply.ReadAsync(await _client.PostAsync(Address(path), content, Token));
    }

    /// <summary>Walks a listing to its end.</summary>
    public async Task<List<JsonElement>> ListAsync(string q, string more = "", int pageSize = 50)
    {
        var files = new List<JsonElement>();
        for (string? token = null; ;)
        {
            var reply = await GetAsync($"files?q={Uri.EscapeDataString(q)}&pageSize={pageSize}{more}{(token is null ? "" : $"&pageToken={token}")}");
            Assert.Equal(200, reply.Status);
            files.AddRange(reply.Json.GetProperty("files").EnumerateArray());
            token = reply.Member("nextPageToken");
            if (token is null)
            {
                return files;
            }
        }
    }

    public static string Md5(byte[] bytes)
    {
#pragma warning disable CA5351 // Drive's own checksum.
        return Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351
    }

    public void Dispose() => _client.Dispose();

    private static Uri Address(string path) => new(path.StartsWith('/') ? path : DriveSimulator.ApiPath + path, UriKind.Relative);
}
