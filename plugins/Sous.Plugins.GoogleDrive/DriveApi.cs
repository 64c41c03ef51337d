using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Google.Apis.Http;
using Google.Apis.Requests;
using Google.Apis.Services;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.GoogleDrive;

/// <summary>
/// Sends Google's requests through the host's handler and turns what goes wrong into the five failures. Google's library
/// builds the requests and nothing more: it retries nothing, follows no redirect, and holds no credential.
/// </summary>
internal sealed class DriveApi : IDisposable
{
    private const int LargestError = 64 * 1024;

    private readonly TimeProvider _clock;

    public DriveApi(DriverContext context)
    {
        _clock = context.Clock;
        Service = new DriveService(new BaseClientService.Initializer
        {
            ApplicationName = "Sous.Plugins",
            BaseUri = context.ApiAddress.AbsoluteUri,
            DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
            GZipEnabled = false,
            HttpClientTimeout = context.Http.Timeout,
            HttpClientFactory = new HttpClientFromMessageHandlerFactory(_ =>
                new HttpClientFromMessageHandlerFactory.ConfiguredHttpMessageHandler(new Lent(context.HttpHandler), performsAutomaticDecompression: false, handlesRedirect: false)),
        });
        Service.HttpClient.MessageHandler.NumTries = 1;
        Service.HttpClient.MessageHandler.FollowRedirect = false;
    }

    public DriveService Service { get; }

    /// <summary>A file's metadata, or null where there is no such file for this account.</summary>
    public async Task<DriveFile?> FindAsync(string id, CancellationToken cancellationToken)
    {
        // Dots alone would be taken for a step in the path.
        return id.Trim('.').Length == 0
            ? null
            : await ReadAsync(new FilesGetRequest(Service, id) { Fields = DriveFile.Fields, SupportsAllDrives = true }, DriveJson.Default.DriveFile, IsAbsent, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An answer, or null where the refusal is one that the caller expects.</summary>
    public async Task<T?> ReadAsync<T>(
        ClientServiceRequest<T> request, JsonTypeInfo<T> type, Func<DriveError, bool>? expected, CancellationToken cancellationToken, byte[]? body = null)
        where T : class
    {
        using var response = await SendAsync(request, expected, cancellationToken, body).ConfigureAwait(false);
        if (response is null)
        {
            return null;
        }

        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(stream, type, cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Transient, $"Drive's answer to {Name(request)} is broken off or not of the shape expected.", inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Broken(Name(request), e);
        }
    }

    /// <summary>An answer of which the headers are read, or null where the refusal is one that the caller expects. The caller disposes of it.</summary>
    public async Task<HttpResponseMessage?> SendAsync<T>(
        ClientServiceRequest<T> request, Func<DriveError, bool>? expected, CancellationToken cancellationToken, byte[]? body = null, RangeHeaderValue? range = null)
    {
        var what = Name(request);
        HttpResponseMessage? response = null;
        try
        {
            using var message = request.CreateRequest();
            message.Headers.Range = range;
            if (body is not null)
            {
                message.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            }

            response = await Service.HttpClient.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using var refused = response;
            var error = await ReadErrorAsync(response, cancellationToken).ConfigureAwait(false);
            return error is not null && expected?.Invoke(error) == true ? null : throw Failure(response, error, what);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            throw new DriverException(FailureKind.Transient, $"Drive did not answer {what} in time.", inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            response?.Dispose();
            throw Broken(what, e);
        }
    }

    public void Dispose() => Service.Dispose();

    public static bool IsAbsent(DriveError error) => error is { Status: 404, Reason: "notFound" };

    public static DriverException Broken(string what, Exception inner) => new(FailureKind.Transient, $"The connection to Drive broke during {what}.", inner: inner);

    private static string Name<T>(ClientServiceRequest<T> request) => $"{request.RestPath.Split('/')[0]}.{request.MethodName}";

    private static async Task<DriveError?> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var body = new byte[LargestError];
        var read = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return DriveError.Read((int)response.StatusCode, body.AsSpan(0, read));
    }

    private DriverException Failure(HttpResponseMessage response, DriveError? error, string what)
    {
        var said = error is null ? $"{(int)response.StatusCode}, {what}" : $"{error.Status} {error.Reason}, {what}";
        var wait = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - _clock.GetUtcNow() : null;
        return (response.StatusCode, error?.Reason) switch
        {
            (HttpStatusCode.TooManyRequests, _) or (_, "userRateLimitExceeded" or "rateLimitExceeded" or "sharingRateLimitExceeded") =>
                new DriverException(FailureKind.RateLimited, $"Drive asks for fewer requests ({said}).", wait),
            (_, "dailyLimitExceeded" or "quotaExceeded" or "downloadQuotaExceeded") =>
                new DriverException(FailureKind.RateLimited, $"The day's quota at Drive is used up ({said}).", wait ?? TimeSpan.FromHours(1)),
            // Without Google's envelope it is not Drive that speaks, but something on the way.
            (HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError, _) or (_, null) =>
                new DriverException(FailureKind.Transient, $"Drive is unwell ({said}).", wait),
            (HttpStatusCode.Unauthorized, _) => new DriverException(FailureKind.Unauthorized, $"Drive does not accept the access token ({said})."),
            (_, "insufficientPermissions" or "ACCESS_TOKEN_SCOPE_INSUFFICIENT") =>
                new DriverException(FailureKind.Misconfigured, $"The grant lacks the scope drive.readonly: its owner has to reconnect and leave it ticked ({said})."),
            (_, "appNotAuthorizedToFile") => new DriverException(FailureKind.Misconfigured, $"The grant is for chosen files alone, and this is not one of them ({said})."),
            (_, "accessNotConfigured" or "SERVICE_DISABLED") =>
                new DriverException(FailureKind.Misconfigured, $"The Drive API is not switched on in the Google Cloud project of the client registration ({said})."),
            (_, "cannotDownloadAbusiveFile") =>
                new DriverException(FailureKind.Misconfigured, $"Google calls the file malware or spam; the setting acknowledgeAbuse fetches it all the same, for its owner ({said})."),
            (_, "exportSizeLimitExceeded") => new DriverException(FailureKind.Misconfigured, $"The document is larger than the 10 MB that Drive exports ({said})."),
            (HttpStatusCode.Forbidden, _) => new DriverException(FailureKind.Misconfigured, $"The account may not do that ({said})."),
            (HttpStatusCode.NotFound, _) => new DriverException(FailureKind.Misconfigured, $"What was asked for is not there, or not shared with the account ({said})."),
            _ => new DriverException(FailureKind.Defect, $"Drive refuses {what} as it was asked ({said})."),
        };
    }

    /// <summary>The host's handler, which a client of Google's would otherwise dispose of.</summary>
    private sealed class Lent(HttpMessageHandler handler) : DelegatingHandler(handler)
    {
        protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
    }
}

/// <summary>The first entry of Google's error envelope. Its message is left out: it may repeat what was sent.</summary>
internal sealed record DriveError(int Status, string Reason, string? Location)
{
    /// <returns>Null where the answer is not Google's envelope.</returns>
    public static DriveError? Read(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var answer = JsonDocument.ParseValue(ref reader);
            return answer.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
                && errors[0] is { ValueKind: JsonValueKind.Object } first && Text(first, "reason") is { } reason
                    ? new DriveError(status, reason, Text(first, "location"))
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
