using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>
/// Renews credentials before anybody misses them: ahead of their end, and by age where the service wants that. A refresh that was
/// under way when the host was killed is tried first: the stored token once, since its answer may or may not have been lost.
/// </summary>
internal sealed partial class RefreshSchedule(
    IRegistry registry,
    CredentialRefresher refresher,
    TokenPaces paces,
    LeaseHolder holder,
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

    /// <summary>Whether the connection's credential is due: it is being renewed, or waits for its turn.</summary>
    public bool IsAtWork(ConnectionId id) => _work?.IsAtWork(id) == true;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // The pace of each registration bounds what is at work: a service that does not answer holds up no other's.
        var work = _work = new DueWork<ConnectionId>(clock, int.MaxValue, RunAsync);
        events.OnConnected((connection, token) => SetAsync(work, connection, token));
        events.OnLeaving((connection, _) =>
        {
            work.Remove(connection.Id);
            paces.Find(connection.Driver)?.Leave(connection.Id);
            return Task.CompletedTask;
        });
        var all = await registry.ListAsync(Connection.Collection, "", cancellationToken);
        foreach (var connection in all)
        {
            Join(connection);
        }

        foreach (var connection in all)
        {
            await SetAsync(work, connection, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _work?.DisposeAsync() ?? default;

    private void Join(Connection connection)
    {
        if (connection is { IsOver: false, Authorization: AuthorizationKind.OauthCode } && drivers(connection.Driver) is { } driver)
        {
            paces.Of(driver).Join(connection.Id);
        }
    }

    private async Task SetAsync(DueWork<ConnectionId> work, Connection connection, CancellationToken cancellationToken)
    {
        Join(connection);
        if (await ReadAsync(connection.Id, cancellationToken) is var (_, _, due))
        {
            work.Set(connection.Id, due);
        }
    }

    private async Task<DateTimeOffset?> RunAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(id, cancellationToken) is var (connection, credential, due)
                ? due > clock.GetUtcNow() ? due : await RefreshAsync(connection, credential, cancellationToken)
                : null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(logger, id, e);
            return clock.GetUtcNow() + s_afterTrouble;
        }
    }

    private async Task<DateTimeOffset?> RefreshAsync(Connection connection, Credential credential, CancellationToken cancellationToken)
    {
        var driver = drivers(connection.Driver);
        using var turn = driver is null ? null : await paces.Of(driver).WaitAsync(Urgency.Scheduled, cancellationToken);
        var end = await refresher.RefreshAsync(connection.Id, credential.Version, Urgency.Scheduled, cancellationToken);
        return end switch
        {
            { Credential: { } renewed } => DueOf(renewed, driver),
            { Failure: FailureKind.Unauthorized } => null,
            _ => clock.GetUtcNow() + (end.Wait ?? s_afterTrouble),
        };
    }

    /// <returns>Null where there is nothing to renew.</returns>
    private async ValueTask<(Connection Connection, Credential Credential, DateTimeOffset Due)?> ReadAsync(ConnectionId id, CancellationToken cancellationToken)
        => await registry.FindAsync(Connection.Collection, id.Value, cancellationToken) is { IsOver: false, Status: not (ConnectionStatus.NeedsReconnect or ConnectionStatus.AdoptRequired) } connection
            && await registry.FindAsync(Credential.Collection, id.Value, cancellationToken) is { } credential
            && DueOf(credential, drivers(connection.Driver)) is { } due
                ? (connection, credential, due)
                : null;

    private DateTimeOffset? DueOf(Credential credential, LoadedDriver? driver) => credential.Lease is { } lease
        ? holder.IsAlone ? clock.GetUtcNow() : lease.Until
        : DueOf(credential, driver?.Manifest.Authorization, driver is null ? TimeSpan.Zero : paces.Of(driver).Round);

    /// <summary>
    /// The earlier of: ahead of its end by 15 minutes or half its life, and its age. Both earlier yet by a share that is the
    /// connection's own, so that not all come at once; where there are many, by as much as they need to take turns, within the half of its life.
    /// </summary>
    /// <param name="round">How long the registration's connections need for a turn each.</param>
    internal static DateTimeOffset? DueOf(Credential credential, AuthorizationManifest? manifest, TimeSpan round)
    {
        if (manifest?.RefreshToken == RefreshTokenUse.None)
        {
            return null;
        }

        var since = credential.RefreshedAt ?? credential.ObtainedAt;
        var share = Fraction(credential.Connection);
        DateTimeOffset? byAge = manifest?.RefreshAgeSeconds is { } age ? since + (TimeSpan.FromSeconds(age) / (1 + (0.2 * share))) : null;
        if (credential.AccessTokenExpiresAt is not { } end)
        {
            return byAge;
        }

        var half = (end - since) / 2;
        var margin = Shorter(half, s_longestMargin);
        var spread = Shorter(Longer(0.2 * margin, 1.25 * round), (1.2 * half) - margin);
        var ahead = end - margin - (share * spread);
        return byAge < ahead ? byAge : ahead;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    // The same for the same connection, always: a restart moves nothing.
    private static double Fraction(ConnectionId id)
        => BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id.Value))) / (uint.MaxValue + 1.0);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1212, Level = LogLevel.Error, Message = "Renewing the credential of {Connection} failed here; it is tried again.")]
        public static partial void Failed(ILogger logger, ConnectionId connection, Exception exception);
    }
}
