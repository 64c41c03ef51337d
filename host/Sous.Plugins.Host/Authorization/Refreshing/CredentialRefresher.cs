using System.Collections.Concurrent;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>
/// Gives out access tokens and has them renewed. At most one refresh of a credential is in flight; whoever comes meanwhile waits
/// for it. A host that stops sees those through that are under way, since an answer that nobody takes is a grant lost.
/// </summary>
internal sealed class CredentialRefresher(
    CredentialStore credentials,
    ConnectionStore connections,
    LeasedRefresh refresh,
    RefreshTroubles troubles,
    RefusedTokens refused,
    TokenPaces paces,
    DriverLookup drivers,
    ClientRegistrations clients,
    RefreshMetrics metrics,
    TimeProvider clock) : IAsyncDisposable
{
    public const string Part = "authorization";

    // A token that ends on its way to the service costs a 401 and a second request.
    private static readonly TimeSpan s_longestSpare = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ConnectionId, Lazy<Task<RefreshEnd>>> _flights = new();
    private readonly CancellationTokenSource _stopping = new();

    public bool IsInFlight(ConnectionId id) => _flights.ContainsKey(id);

    /// <summary>A token that is still good, renewed first if need be.</summary>
    /// <exception cref="DriverException">There is none: the kind says who must act.</exception>
    public async ValueTask<Secret> GetAccessTokenAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        var credential = await FindAsync(id, cancellationToken);
        if (!IsGood(credential))
        {
            var end = await RefreshAsync(id, credential.Version, Urgency.Live, cancellationToken);

            // Renewing was tried with time to spare; while it fails, the old token serves to its end.
            var isAlive = credential.AccessTokenExpiresAt > clock.GetUtcNow() && end.Failure != FailureKind.Unauthorized;
            credential = end.Credential ?? (isAlive ? credential : end.GetCredential());
        }

        return await RevealAsync(credential, cancellationToken);
    }

    /// <summary>A token other than the one that the API just refused, or null where asking for one is not worth it now.</summary>
    /// <exception cref="DriverException">There is none: the kind says who must act.</exception>
    public async ValueTask<Secret?> RefreshAfter401Async(ConnectionId id, Secret used, CancellationToken cancellationToken)
    {
        var credential = await FindAsync(id, cancellationToken);
        var stored = await RevealAsync(credential, cancellationToken);
        if (!RandomText.Same(stored.Reveal(), used.Reveal()))
        {
            refused.Replaced(id, credential.Version);
            return stored;
        }

        if (!refused.IsWorthRefresh(id, credential.Version))
        {
            return null;
        }

        var renewed = (await RefreshAsync(id, credential.Version, Urgency.Live, cancellationToken)).GetCredential();
        refused.Renewed(id, credential.Version, renewed.Version);
        return await RevealAsync(renewed, cancellationToken);
    }

    /// <summary>Renews the credential of that version, or joins whoever is doing so. Who stops waiting stops nothing.</summary>
    /// <param name="urgency"><see cref="Urgency.Scheduled"/> is for who has a turn at the token endpoint already.</param>
    public async Task<RefreshEnd> RefreshAsync(ConnectionId id, long version, Urgency urgency, CancellationToken cancellationToken)
    {
        while (true)
        {
            var flight = _flights.GetOrAdd(id, _ => new Lazy<Task<RefreshEnd>>(() => Task.Run(() => FlyAsync(id, version, urgency), CancellationToken.None)));
            var end = await flight.Value.WaitAsync(cancellationToken);

            // Whoever it was that was joined may have made the very version that is to be renewed.
            if (end.Credential?.Version != version)
            {
                return end;
            }
        }
    }

    /// <summary>Begins nothing more, and waits for what is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_flights.Values.Select(static Task (flight) => flight.Value)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private bool IsGood(Credential credential)
    {
        if (credential.AccessTokenExpiresAt is not { } end)
        {
            return true;
        }

        var quarter = (end - (credential.RefreshedAt ?? credential.ObtainedAt)) / 4;
        return clock.GetUtcNow() + (quarter < s_longestSpare ? quarter : s_longestSpare) < end;
    }

    private async Task<RefreshEnd> FlyAsync(ConnectionId id, long version, Urgency urgency)
    {
        try
        {
            return await BeginAsync(id, version, urgency, _stopping.Token);
        }
        catch (CredentialConflictException)
        {
            // Somebody saved first: theirs is the token that counts, and nothing is wrong with the connection.
            return await ReadAgainAsync(id);
        }
        catch (CredentialException e)
        {
            return new RefreshEnd(null, FailureKind.Misconfigured, e.Message);
        }
        catch (StorageException e)
        {
            var trouble = troubles.Add(id, version, FailureKind.Misconfigured, e.Message);
            return new RefreshEnd(null, FailureKind.Transient, e.Message, trouble.Until - clock.GetUtcNow());
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException && _stopping.IsCancellationRequested)
        {
            return new RefreshEnd(null, FailureKind.Transient, "The host stops.");
        }
        finally
        {
            _flights.TryRemove(id, out _);
        }
    }

    private async Task<RefreshEnd> BeginAsync(ConnectionId id, long version, Urgency urgency, CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        var (credential, connection, end) = await ReadAsync(id, version, stopping);
        if (end is not null || credential is null || connection is null)
        {
            return end ?? RefreshEnd.OwnerMustAct("The connection has no credential.");
        }

        if (drivers(connection.Driver) is not { } driver)
        {
            return Fail(id, version, $"The driver '{connection.Driver}' does not serve.");
        }

        if (!clients.TryGet(connection.Driver, out var client, out var missing))
        {
            return Fail(id, version, missing);
        }

        var pace = paces.Of(driver);
        if (pace.PausedFor is var paused && paused > TimeSpan.Zero)
        {
            return new RefreshEnd(null, FailureKind.RateLimited, "The service asked to wait before the next token request.", paused);
        }

        using var turn = urgency == Urgency.Live ? await pace.WaitAsync(urgency, stopping) : null;
        var began = clock.GetTimestamp();
        using var span = HostTrace.Begin("sous.refresh")?.SetTag(HostMeter.Driver, connection.Driver.Value).SetTag(HostTrace.Connection, id.Value);
        var ended = await refresh.RunAsync(connection, credential, driver, client, stopping);
        metrics.Ended(connection.Driver, ended, clock.GetElapsedTime(began));
        span.End(ended.Outcome, ended.Credential is not null, ended.Cause);
        return ended;
    }

    private RefreshEnd Fail(ConnectionId id, long version, string cause)
    {
        var trouble = troubles.Add(id, version, FailureKind.Misconfigured, cause);
        return new RefreshEnd(null, FailureKind.Misconfigured, cause, trouble.Until - clock.GetUtcNow());
    }

    private async Task<(Credential? Credential, Connection? Connection, RefreshEnd? End)> ReadAsync(ConnectionId id, long version, CancellationToken cancellationToken)
    {
        if (await credentials.FindAsync(id, cancellationToken) is not { } credential
            || await connections.FindAsync(id, cancellationToken) is not { IsOver: false } connection)
        {
            return default;
        }

        RefreshEnd? end = credential.Version != version ? new(credential)
            : connection.Status == ConnectionStatus.NeedsReconnect ? RefreshEnd.OwnerMustAct(connection.Cause ?? "The owner must reconnect.")
            : troubles.Find(id, version) is { } trouble && trouble.Until - clock.GetUtcNow() is var wait && wait > TimeSpan.Zero ? new(null, trouble.Kind, trouble.Cause, wait)
            : null;
        return (credential, connection, end);
    }

    private async Task<RefreshEnd> ReadAgainAsync(ConnectionId id)
        => await credentials.FindAsync(id, CancellationToken.None) is { } credential
            ? new RefreshEnd(credential)
            : RefreshEnd.OwnerMustAct("The connection has no credential.");

    private async ValueTask<Credential> FindAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await credentials.FindAsync(id, cancellationToken) ?? throw new DriverException(FailureKind.Unauthorized, "The connection has no credential.");
        }
        catch (CredentialException e)
        {
            throw new DriverException(FailureKind.Misconfigured, e.Message);
        }
    }

    private async ValueTask<Secret> RevealAsync(Credential credential, CancellationToken cancellationToken)
    {
        try
        {
            var secrets = await credentials.RevealAsync(credential, cancellationToken);
            return secrets.AccessToken ?? throw new DriverException(FailureKind.Unauthorized, "The connection has no access token.");
        }
        catch (CredentialException e)
        {
            throw new DriverException(FailureKind.Misconfigured, e.Message);
        }
    }
}
