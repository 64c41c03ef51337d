using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization;

/// <summary>
/// Renews credentials before anybody misses them: ahead of their end, and by age where the service wants that. A refresh that was
/// under way when the host was killed is tried first: the stored token once, since its answer may or may not have been lost.
/// </summary>
internal sealed partial class RefreshSchedule(
    IRegistry registry,
    CredentialRefresher refresher,
    DriverLookup drivers,
    ConnectionEvents events,
    TimeProvider clock,
    ILogger<RefreshSchedule> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_longestMargin = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan s_afterTrouble = TimeSpan.FromMinutes(5);

    private DueWork<ConnectionId>? _work;

    /// <returns>When the connection's credential is renewed next, or null where it is not, or is being renewed.</returns>
    public DateTimeOffset? DueOf(ConnectionId id) => _work?.DueOf(id);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var work = _work = new DueWork<ConnectionId>(clock, 8, RunAsync);
        events.OnConnected((connection, token) => SetAsync(work, connection, token));
        events.OnLeaving((connection, _) =>
        {
            work.Remove(connection.Id);
            return Task.CompletedTask;
        });
        foreach (var connection in await registry.ListAsync(Connection.Collection, "", cancellationToken))
        {
            await SetAsync(work, connection, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _work?.DisposeAsync() ?? default;

    private async Task SetAsync(DueWork<ConnectionId> work, Connection connection, CancellationToken cancellationToken)
    {
        if (await DueAsync(connection, cancellationToken) is { } due)
        {
            work.Set(connection.Id, due);
        }
    }

    private async Task<DateTimeOffset?> RunAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            if (await registry.FindAsync(Connection.Collection, id.Value, cancellationToken) is not { } connection
                || await DueAsync(connection, cancellationToken) is not { } due)
            {
                return null;
            }

            // A driver's request may have renewed it meanwhile.
            if (due > clock.GetUtcNow() || await registry.FindAsync(Credential.Collection, id.Value, cancellationToken) is not { } credential)
            {
                return due;
            }

            var end = await refresher.RefreshAsync(id, credential.Version, cancellationToken);
            return end switch
            {
                { Credential: { } renewed } => DueOf(renewed, drivers(connection.Driver)?.Manifest.Authorization),
                { Failure: FailureKind.Unauthorized } => null,
                _ => clock.GetUtcNow() + (end.Wait ?? s_afterTrouble),
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(logger, id, e);
            return clock.GetUtcNow() + s_afterTrouble;
        }
    }

    private async ValueTask<DateTimeOffset?> DueAsync(Connection connection, CancellationToken cancellationToken)
        => connection.IsOver || connection.Status is ConnectionStatus.NeedsReconnect or ConnectionStatus.AdoptRequired
            || await registry.FindAsync(Credential.Collection, connection.Id.Value, cancellationToken) is not { } credential
                ? null
                : credential.Intent is null ? DueOf(credential, drivers(connection.Driver)?.Manifest.Authorization) : clock.GetUtcNow();

    /// <summary>The earlier of: ahead of its end by 15 minutes or half its life, and its age. Both a little earlier yet, so that not all come at once.</summary>
    internal static DateTimeOffset? DueOf(Credential credential, AuthorizationManifest? manifest)
    {
        if (manifest?.RefreshToken == RefreshTokenUse.None)
        {
            return null;
        }

        var since = credential.RefreshedAt ?? credential.ObtainedAt;
        var jitter = 1 + (0.2 * Fraction(credential.Connection));
        DateTimeOffset? byAge = manifest?.RefreshAgeSeconds is { } age ? since + (TimeSpan.FromSeconds(age) / jitter) : null;
        if (credential.AccessTokenExpiresAt is not { } end)
        {
            return byAge;
        }

        var half = (end - since) / 2;
        var ahead = end - ((half < s_longestMargin ? half : s_longestMargin) * jitter);
        return byAge < ahead ? byAge : ahead;
    }

    // The same for the same connection, always: a restart moves nothing.
    private static double Fraction(ConnectionId id)
        => BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id.Value))) / (uint.MaxValue + 1.0);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1212, Level = LogLevel.Error, Message = "Renewing the credential of {Connection} failed here; it is tried again.")]
        public static partial void Failed(ILogger logger, ConnectionId connection, Exception exception);
    }
}
