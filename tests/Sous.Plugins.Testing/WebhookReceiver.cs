using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Testing;

/// <summary>The platform's endpoint on a real Kestrel. It checks signatures by the words of the Standard Webhooks specification, with nothing of the host's.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    public Uri Address => new(new Uri(_app.Urls.First()), "hooks?from=sous");

    /// <summary>Every request, also those that were refused.</summary>
    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Those that were answered with 2xx, in order.</summary>
    public ConcurrentQueue<Request> Taken { get; } = new();

    /// <summary>Decides each answer; without it all is taken.</summary>
    public Func<Request, HttpContext, Task<int>>? Answer { get; set; }

    public IReadOnlyList<string> TakenTypes => [.. Taken.Select(static request => request.Type)];

    public static async Task<WebhookReceiver> StartAsync(CancellationToken cancellationToken)
    {
        var receiver = new WebhookReceiver();
        await receiver._app.StartAsync(cancellationToken);
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers;
        var request = new Request(headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(), body.ToArray(), context.Request.ContentType);
        Requests.Enqueue(request);
        var status = Answer is { } answer ? await answer(request, context) : 204;
        if (status is >= 200 and < 300)
        {
            Taken.Enqueue(request);
        }

        context.Response.StatusCode = status;
    }

    internal sealed record Request(string Id, string Timestamp, string Signature, byte[] Body, string? ContentType)
    {
        public JsonElement Json => JsonDocument.Parse(Body).RootElement;

        public string Type => Json.GetProperty("type").GetString() ?? "";

        public JsonElement Data => Json.GetProperty("data");

        public string? Connection => Data.TryGetProperty("connection", out var connection) ? connection.GetString() : null;

        public int Signatures => Signature.Split(' ').Length;

        /// <summary>As a consumer does it: within five minutes of its own clock, and by any one of the signatures.</summary>
        public bool IsSignedBy(string secret, DateTimeOffset now)
        {
            var sent = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Timestamp, CultureInfo.InvariantCulture));
            if (secret[..6] != "whsec_" || (now - sent).Duration() > TimeSpan.FromMinutes(5))
            {
                return false;
            }

            using var mac = new HMACSHA256(Convert.FromBase64String(secret[6..]));
            mac.TransformBlock(Encoding.UTF8.GetBytes(Id + "." + Timestamp + "."), 0, Encoding.UTF8.GetByteCount(Id + "." + Timestamp + "."), null, 0);
            mac.TransformFinalBlock(Body, 0, Body.Length);
            return Signature.Split(' ').Select(static part => part.Split(',')).Any(part => part[0] == "v1" && CryptographicOperations.FixedTimeEquals(Convert.FromBase64String(part[1]), mac.Hash ?? []));
        }
    }
}
