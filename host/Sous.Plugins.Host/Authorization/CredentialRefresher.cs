using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Authorization;

/// <summary>
/// Gives out access tokens and renews them. At most one refresh of a credential is in flight; whoever comes meanwhile waits for
/// it. In order: re-read, record the intent, ask, save against the version that was read, and only then is the new token used.
/// </summary>
internal sealed partial class CredentialRefresher(
    CredentialStore credentials,
    ConnectionStore connections,
    DriverLookup drivers,
    ClientRegistrations clients,
    TokenClient tokens,
    TimeProvider clock,
    ILogger<CredentialRefresher> logger)
{
    public const string Part = "authorization";

    // A token that ends on its way to the service costs a 401 and a second request.
    private static readonly TimeSpan s_longestSpare = TimeSpan.FromSeconds(30);
    private static readonly BackOff s_backOff = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10));

    private readonly ConcurrentDictionary<ConnectionId, Lazy<Task<RefreshEnd>>> _flights = new();
    private readonly ConcurrentDictionary<ConnectionId, Pause> _pauses = new();
    private readonly string _holder = $"{Environment.MachineName}/{Environment.ProcessId}";

    public bool IsInFlight(ConnectionId id) => _flights.ContainsKey(id);

    /// <summary>A token that is still good, renewed first if need be.</summary>
    /// <exception cref="DriverException">There is none: the kind says who must act.</exception>
    public async ValueTask<Secret> GetAccessTokenAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        var credential = await FindAsync(id, cancellationToken);
        if (!IsGood(credential))
        {
            credential = (await RefreshAsync(id, credential.Version, cancellationToken)).GetCredential();
        }

        return await RevealAsync(credential, cancellationToken);
    }

    /// <summary>A token other than the one that the service just refused.</summary>
    /// <exception cref="DriverException">There is none: the kind says who must act.</exception>
    public async Task<Secret> RefreshAfter401Async(ConnectionId id, Secret used, CancellationToken cancellationToken)
    {
        var credential = await FindAsync(id, cancellationToken);
        var stored = await RevealAsync(credential, cancellationToken);
        if (!RandomText.Same(stored.Reveal(), used.Reveal()))
        {
            return stored;
        }

        var end = await RefreshAsync(id, credential.Version, cancellationToken);
        return await RevealAsync(end.GetCredential(), cancellationToken);
    }

    /// <summary>Renews the credential of that version, or joins whoever is doing so. Who stops waiting stops nothing.</summary>
    public Task<RefreshEnd> RefreshAsync(ConnectionId id, long version, CancellationToken cancellationToken)
    {
        var flight = _flights.GetOrAdd(id, _ => new Lazy<Task<RefreshEnd>>(() => Task.Run(() => FlyAsync(id, version), CancellationToken.None)));
        return flight.Value.WaitAsync(cancellationToken);
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

    private async Task<RefreshEnd> FlyAsync(ConnectionId id, long version)
    {
        try
        {
            return await RefreshAsync(id, version);
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
        finally
        {
            _flights.TryRemove(id, out _);
        }
    }

    private async Task<RefreshEnd> RefreshAsync(ConnectionId id, long version)
    {
        if (await credentials.FindAsync(id, CancellationToken.None) is not { } credential
            || await connections.FindAsync(id, CancellationToken.None) is not { IsOver: false } connection)
        {
            return RefreshEnd.OwnerMustAct("The connection has no credential.");
        }

        if (credential.Version != version)
        {
            return new RefreshEnd(credential);
        }

        if (connection.Status == ConnectionStatus.NeedsReconnect)
        {
            return RefreshEnd.OwnerMustAct(connection.Cause ?? "The owner must reconnect.");
        }

        if (_pauses.TryGetValue(id, out var pause) && pause.Version == version && pause.Until - clock.GetUtcNow() is var wait && wait > TimeSpan.Zero)
        {
            return new RefreshEnd(null, FailureKind.Transient, pause.Cause, wait);
        }

        if (drivers(connection.Driver) is not { } driver)
        {
            return new RefreshEnd(null, FailureKind.Misconfigured, $"The driver '{connection.Driver}' does not serve.");
        }

        return clients.TryGet(connection.Driver, out var client, out var missing)
            ? await AskAsync(connection, credential, driver, client)
            : new RefreshEnd(null, FailureKind.Misconfigured, missing);
    }

    private async Task<RefreshEnd> AskAsync(Connection connection, Credential credential, LoadedDriver driver, ClientRegistration client)
    {
        var secrets = await credentials.RevealAsync(credential, CancellationToken.None);
        if (secrets.RefreshToken is null)
        {
            return await EndGrantAsync(credential, "The access token ended, and the service gave nothing to renew it with.");
        }

        await credentials.RecordIntentAsync(connection.Id, credential.Version, _holder, CancellationToken.None);
        var values = new TokenValues { Client = client, RefreshToken = secrets.RefreshToken, AccessToken = secrets.AccessToken };
        var result = await tokens.ExchangeAsync(driver, ServiceAddresses.For(driver.Manifest.Authorization, client), TokenExchange.Refresh, values, CancellationToken.None);
        return result switch
        {
            { Tokens: { } granted } => await KeepAsync(credential, secrets, granted),
            { Failure: TokenFailure.GrantGone } => await EndGrantAsync(credential, result.Cause ?? "The grant is gone."),
            { Failure: TokenFailure.ClientRejected } => await PauseAsync(credential, result, FailureKind.Misconfigured),
            _ => await PauseAsync(credential, result, FailureKind.Transient),
        };
    }

    private async Task<RefreshEnd> KeepAsync(Credential credential, CredentialSecrets secrets, TokenSet granted)
    {
        var material = new CredentialMaterial
        {
            Connection = credential.Connection,
            Tenant = credential.Tenant,
            Secrets = secrets with { AccessToken = granted.AccessToken, RefreshToken = granted.RefreshToken ?? secrets.RefreshToken },
            AccessTokenExpiresAt = granted.ExpiresAt,
            ObtainedAt = credential.ObtainedAt,
            RefreshedAt = clock.GetUtcNow(),
            Scopes = credential.Scopes,
        };
        var saved = await credentials.SaveAsync(material, credential.Version, CancellationToken.None);
        _pauses.TryRemove(credential.Connection, out _);
        await connections.MarkWellAsync(credential.Connection, Part, CancellationToken.None);
        if (granted.Scopes is { } told)
        {
            // No more than the owner granted, whatever the service says (RFC 6749, 6). Such tokens are kept all the same: a refresh
            // token that rotated is the only one there is, and a slip of the service is no reason to trouble the owner.
            await connections.NoteScopesAsync(credential.Connection, [.. credential.Scopes.Intersect(told)], CancellationToken.None);
        }

        Log.Refreshed(logger, credential.Connection, saved.Version);
        return new RefreshEnd(saved);
    }

    private async Task<RefreshEnd> EndGrantAsync(Credential credential, string cause)
    {
        if (await credentials.FindAsync(credential.Connection, CancellationToken.None) is { } now && now.Version != credential.Version)
        {
            return new RefreshEnd(now);
        }

        await connections.MarkNeedsReconnectAsync(credential.Connection, Part, cause, credential.Version, CancellationToken.None);
        return RefreshEnd.OwnerMustAct(cause);
    }

    private async Task<RefreshEnd> PauseAsync(Credential credential, TokenResult result, FailureKind kind)
    {
        var earlier = _pauses.TryGetValue(credential.Connection, out var pause) && pause.Version == credential.Version ? pause.Tries : 0;
        var wait = s_backOff.After(earlier, result.RetryAfter);
        var cause = result.Cause ?? "The token could not be renewed.";
        _pauses[credential.Connection] = new Pause(credential.Version, earlier + 1, clock.GetUtcNow() + wait, cause);
        if (earlier == 0)
        {
            Log.NotRefreshed(logger, credential.Connection, cause);
        }

        if (kind == FailureKind.Misconfigured)
        {
            await connections.MarkNeedsAttentionAsync(credential.Connection, Part, cause, Actor.Operator, CancellationToken.None);
        }

        return new RefreshEnd(null, kind, cause, wait);
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

    /// <summary>No refresh of this version before then.</summary>
    private sealed record Pause(long Version, int Tries, DateTimeOffset Until, string Cause);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1210, Level = LogLevel.Debug, Message = "The credential of {Connection} was renewed; it is at version {Version}.")]
        public static partial void Refreshed(ILogger logger, ConnectionId connection, long version);

        [LoggerMessage(EventId = 1211, Level = LogLevel.Warning, Message = "The credential of {Connection} could not be renewed: {Cause} It is tried again with back-off.")]
        public static partial void NotRefreshed(ILogger logger, ConnectionId connection, string cause);
    }
}
