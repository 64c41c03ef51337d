using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.GoogleDrive;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Webhooks;

[assembly: SousDriver("google-drive", typeof(DriveFactory))]

namespace Sous.Plugins.GoogleDrive;

/// <summary>Makes Drive drivers, takes Drive's push messages, and says how Google's revocation differs from RFC 7009: the token alone, and a word of its own for a dead one.</summary>
public sealed class DriveFactory : IDriverFactory, IWebhookReceiver, ITokenMessages
{
    private static readonly TokenField[] s_client = [new("client_id", TokenValue.ClientId), new("client_secret", TokenValue.ClientSecret)];

    /// <inheritdoc />
    public TokenAnswerShape AnswerShape { get; } = new();

    /// <inheritdoc />
    public IDriver Create(DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new DriveDriver(context);
    }

    /// <inheritdoc />
    public TokenMessage? Describe(TokenExchange exchange) => exchange switch
    {
        TokenExchange.Code => Form(
        [
            .. s_client,
            new("grant_type", TokenValue.Literal, "authorization_code"),
            new("code", TokenValue.Code),
            new("redirect_uri", TokenValue.RedirectUri),
            new("code_verifier", TokenValue.CodeVerifier),
        ]),
        TokenExchange.Refresh => Form([.. s_client, new("grant_type", TokenValue.Literal, "refresh_token"), new("refresh_token", TokenValue.RefreshToken)]),
        TokenExchange.Revoke => Form([new("token", TokenValue.RefreshToken)]),
        _ => null,
    };

    /// <inheritdoc />
    public TokenFailure ReadFailure(TokenExchange exchange, int statusCode, ReadOnlySpan<byte> body) => statusCode is not (400 or 401 or 403) ? TokenFailure.Temporary : ErrorOf(body) switch
    {
        "invalid_grant" => TokenFailure.GrantGone,
        "invalid_token" when exchange == TokenExchange.Revoke => TokenFailure.GrantGone,
        "invalid_client" or "unauthorized_client" or "deleted_client" or "disabled_client" or "redirect_uri_mismatch" or "invalid_request" or "invalid_scope" or "unsupported_grant_type" or "org_internal"
            => TokenFailure.ClientRejected,
        _ => TokenFailure.Temporary,
    };

    /// <summary>By the channel's token alone: nothing is signed.</summary>
    /// <inheritdoc />
    public WebhookVerdict Verify(WebhookRequest request, Secret secret, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        // Hashed first, so that the lengths may differ without a word on it.
        return !secret.IsEmpty && request.Headers.TryGetValue("X-Goog-Channel-Token", out var token) && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.UTF8.GetBytes(secret.Reveal())))
                ? WebhookVerdict.Genuine
                : WebhookVerdict.Forged;
    }

    /// <inheritdoc />
    public IReadOnlyList<ServiceEvent> Read(WebhookRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return (Header(request, "X-Goog-Channel-ID"), Header(request, "X-Goog-Message-Number"), Header(request, "X-Goog-Resource-State")) switch
        {
            (null, _, _) or (_, null, _) or (_, _, null) => throw new DriverException(FailureKind.Defect, "The message lacks the headers that Drive is known to send."),
            (_, _, "sync") => [],
            var (channel, number, _) => [new ServiceEvent { EventId = $"{channel}:{number}", Kind = ServiceEventKind.FileChanged }],
        };
    }

    private static TokenMessage Form(IReadOnlyList<TokenField> fields) => new() { Body = TokenBody.Form, Fields = fields };

    private static string? Header(WebhookRequest request, string name) => request.Headers.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    private static string? ErrorOf(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var answer = JsonDocument.ParseValue(ref reader);
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String ? error.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One connection to a Google account's Drive: files, their contents, and push channels.</summary>
internal sealed class DriveDriver : IStorageDriver, IPushChannels
{
    public const string Service = "google-drive";

    private readonly DriverContext _context;
    private readonly DriveApi _api;
    private readonly DriveSettings _settings;

    public DriveDriver(DriverContext context)
    {
        _context = context;
        _api = new DriveApi(context);
        _settings = context.Settings.Deserialize(DriveJson.Default.DriveSettings) ?? new DriveSettings();
    }

    public async ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var about = await _api.ReadAsync(new AboutGetRequest(_api.Service) { Fields = "user(permissionId,emailAddress,displayName)" }, DriveJson.Default.DriveAbout, null, cancellationToken).ConfigureAwait(false);
        return new ProbeResult { AccountId = about?.User?.PermissionId, AccountName = about?.User?.EmailAddress ?? about?.User?.DisplayName };
    }

    public IAsyncEnumerable<SyncPage<StorageFile>> ListFilesAsync(FolderRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var reader = new FolderReader(_api);
        return request is { FoldersOnly: true, FolderId: null }
            ? reader.ListTopmostAsync(request, cancellationToken)
            : reader.ListAsync(FoldersOf(request), request, cancellationToken);
    }

    public IAsyncEnumerable<SyncPage<StorageFile>> WatchFolderAsync(FolderRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new FolderWatch(_api, new FolderReader(_api), _context.Clock, _context.Logger, FoldersOf(request), request).RunAsync(cancellationToken);
    }

    public async ValueTask<FileContent?> FetchFileAsync(FileRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await new FileFetch(_api, _settings).FetchAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Follows the account's own log, or the one shared drive's that is all that is watched: a channel follows one log.</summary>
    public async ValueTask<PushChannel> OpenChannelAsync(PushChannelRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var tokens = WatchPosition.Read(request.From)?.Tokens ?? throw new DriverException(FailureKind.Defect, "A channel follows a watch: its checkpoint is missing.");
        var log = tokens.ContainsKey(WatchPosition.User) ? WatchPosition.User : tokens.Keys.First();
        var ask = new ChangesWatchRequest(_api.Service, tokens[log]) { DriveId = log == WatchPosition.User ? null : log, IncludeRemoved = true, SupportsAllDrives = true, IncludeItemsFromAllDrives = true };
        var body = new DriveChannel
        {
            Id = request.ChannelId,
            Type = "web_hook",
            Address = request.Address.AbsoluteUri,
            Token = request.ChannelToken.Reveal(),
            Expiration = request.ExpiresAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        };
        var opened = await _api.ReadAsync(ask, DriveJson.Default.DriveChannel, null, cancellationToken, JsonSerializer.SerializeToUtf8Bytes(body, DriveJson.Default.DriveChannel)).ConfigureAwait(false);
        return opened?.ResourceId is { } resource && long.TryParse(opened.Expiration, CultureInfo.InvariantCulture, out var expires)
            ? new PushChannel(request.ChannelId, resource, DateTimeOffset.FromUnixTimeMilliseconds(expires))
            : throw new DriverException(FailureKind.Transient, "Drive opened a channel and did not say of what, or until when.");
    }

    public async ValueTask CloseChannelAsync(PushChannel channel, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(channel);
        var body = JsonSerializer.SerializeToUtf8Bytes(new DriveChannel { Id = channel.ChannelId, ResourceId = channel.ResourceId }, DriveJson.Default.DriveChannel);
        using var answer = await _api.SendAsync(new ChannelsStopRequest(_api.Service), DriveApi.IsAbsent, cancellationToken, body).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        _api.Dispose();
        return ValueTask.CompletedTask;
    }

    private List<string> FoldersOf(FolderRequest request) => request.FolderId is { } one ? [one] : _settings.Folders ?? ["root"];
}
