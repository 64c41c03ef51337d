using System.Collections.Concurrent;
using System.Globalization;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>
/// One refresh, over all hosts: take the lease, ask, save against the version that was read; only then is the new token used.
/// </summary>
internal sealed partial class LeasedRefresh(
    CredentialStore credentials,
    ConnectionStore connections,
    TokenClient tokens,
    TokenPaces paces,
    RefreshTroubles troubles,
    LeaseHolder holder,
    TimeProvider clock,
    ILogger<LeasedRefresh> logger)
{
    // How often another's lease is looked at: a save ends the wait, whatever is left of the lease.
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    // A 429 that does not say for how long.
    private static readonly TimeSpan s_unsaidPause = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ConnectionId, (long Version, CredentialMaterial Material)> _unsaved = new();

    /// <param name="stopping">Ends the waiting for another's lease. A request that is under way is seen through.</param>
    /// <exception cref="CredentialConflictException">Somebody else saved first.</exception>
    public async Task<RefreshEnd> RunAsync(Connection connection, Credential credential, LoadedDriver driver, ClientRegistration client, CancellationToken stopping)
    {
        if (_unsaved.TryGetValue(connection.Id, out var kept) && kept.Version == credential.Version)
        {
            return await SaveAsync(kept.Material, credential.Version);
        }

        var secrets = await credentials.RevealAsync(credential, stopping);
        if (secrets.RefreshToken is null)
        {
            return await EndGrantAsync(credential, "The access token ended, and the service gave nothing to renew it with.");
        }

        var values = new TokenValues { Client = client, RefreshToken = secrets.RefreshToken, AccessToken = secrets.AccessToken };
        var unsettled = await TakeLeaseAsync(credential, stopping);
        var result = await tokens.ExchangeAsync(driver, ServiceAddresses.For(driver.Manifest.Authorization, client), TokenExchange.Refresh, values, CancellationToken.None);
        SlowDown(driver, result);
        return result switch
        {
            { Tokens: { } granted } => await KeepAsync(credential, secrets, granted),
            { Failure: TokenFailure.GrantGone } => await EndGrantAsync(credential, CauseOf(credential, result, unsettled)),
            { Failure: TokenFailure.ClientRejected } => await PauseAsync(credential, result, FailureKind.Misconfigured),
            _ => await PauseAsync(credential, result, result.RateLimited ? FailureKind.RateLimited : FailureKind.Transient),
        };
    }

    /// <returns>When an earlier holder asked who never settled it, or null.</returns>
    private async Task<DateTimeOffset?> TakeLeaseAsync(Credential credential, CancellationToken stopping)
    {
        while (true)
        {
            var asked = clock.GetTimestamp();
            var end = await credentials.TakeLeaseAsync(credential.Connection, credential.Version, holder, stopping);
            if (end.HeldUntil is { } until)
            {
                // It may be over by now.
                var left = until - clock.GetUtcNow();
                await Task.Delay(left < TimeSpan.Zero ? TimeSpan.Zero : left < s_look ? left : s_look, clock, stopping);
            }
            else if (clock.GetElapsedTime(asked) + TokenClient.Deadline < RefreshLease.Life)
            {
                return end.UnsettledSince;
            }

            // A lease that came too late, out of a disk or a process that stood still, is taken anew before anything is asked.
        }
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
        var end = await SaveAsync(material, credential.Version);
        if (end.Credential is not null && granted.Scopes is { } told)
        {
            // No more than the owner granted, whatever the service says (RFC 6749, 6). Such tokens are kept all the same: a refresh
            // token that rotated is the only one there is, and a slip of the service is no reason to trouble the owner.
            await connections.NoteScopesAsync(credential.Connection, [.. credential.Scopes.Intersect(told)], CancellationToken.None);
        }

        return end;
    }

    private async Task<RefreshEnd> SaveAsync(CredentialMaterial material, long version)
    {
        var id = material.Connection;
        Credential saved;
        try
        {
            saved = await credentials.SaveAsync(material, version, CancellationToken.None);
        }
        catch (CredentialConflictException)
        {
            _unsaved.TryRemove(id, out _);
            throw;
        }
        catch (StorageException e)
        {
            // The old token may be spent: this one is saved at the next try, and nothing is asked before.
            _unsaved[id] = (version, material);
            Log.NotSaved(logger, id, e);
            var trouble = troubles.Add(id, version, FailureKind.Misconfigured, "The renewed token could not be stored. It is kept in memory until it can be.");
            return new RefreshEnd(null, FailureKind.Transient, trouble.Cause, trouble.Until - clock.GetUtcNow());
        }

        troubles.Clear(id);
        _unsaved.TryRemove(id, out _);
        await connections.MarkWellAsync(id, CredentialRefresher.Part, CancellationToken.None);
        Log.Refreshed(logger, id, saved.Version);
        return new RefreshEnd(saved);
    }

    private async Task<RefreshEnd> EndGrantAsync(Credential credential, string cause)
    {
        if (await credentials.FindAsync(credential.Connection, CancellationToken.None) is { } now && now.Version != credential.Version)
        {
            return new RefreshEnd(now);
        }

        await connections.MarkNeedsReconnectAsync(credential.Connection, CredentialRefresher.Part, cause, credential.Version, CancellationToken.None);
        return RefreshEnd.OwnerMustAct(cause);
    }

    private string CauseOf(Credential credential, TokenResult result, DateTimeOffset? unsettled)
    {
        var cause = result.Cause ?? "The service says that the grant is gone.";
        return unsettled is not null
            ? string.Create(CultureInfo.InvariantCulture, $"{cause} The host was stopped while a refresh was under way, sent at {unsettled:yyyy-MM-dd HH:mm:ss} UTC: a new token that the service gave was lost on its way.")
            : troubles.Find(credential.Connection, credential.Version) is { MayBeSpent: true } trouble
                ? string.Create(CultureInfo.InvariantCulture, $"{cause} An earlier refresh, since {trouble.Since:yyyy-MM-dd HH:mm:ss} UTC, had no answer that could be used, and the new token may have been lost with it.")
                : cause;
    }

    private void SlowDown(LoadedDriver driver, TokenResult result)
    {
        if (result.RetryAfter is not null || result.RateLimited)
        {
            paces.Of(driver).PauseFor(result.RetryAfter ?? s_unsaidPause);
        }
    }

    private async Task<RefreshEnd> PauseAsync(Credential credential, TokenResult result, FailureKind kind)
    {
        var cause = result.Cause ?? "The token could not be renewed.";
        var trouble = troubles.Add(credential.Connection, credential.Version, kind, cause, result.RetryAfter, result.Sent && kind == FailureKind.Transient);
        if (trouble.Tries == 1)
        {
            Log.NotRefreshed(logger, credential.Connection, cause);
        }

        if (kind == FailureKind.Misconfigured)
        {
            await connections.MarkNeedsAttentionAsync(credential.Connection, CredentialRefresher.Part, cause, Actor.Operator, CancellationToken.None);
        }

        return new RefreshEnd(null, kind, cause, trouble.Until - clock.GetUtcNow());
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1210, Level = LogLevel.Debug, Message = "The credential of {Connection} was renewed; it is at version {Version}.")]
        public static partial void Refreshed(ILogger logger, ConnectionId connection, long version);

        [LoggerMessage(EventId = 1211, Level = LogLevel.Warning, Message = "The credential of {Connection} could not be renewed: {Cause} It is tried again with back-off.")]
        public static partial void NotRefreshed(ILogger logger, ConnectionId connection, string cause);

        [LoggerMessage(EventId = 1213, Level = LogLevel.Error, Message = "The renewed credential of {Connection} could not be stored; it is kept in memory and stored as soon as that is possible.")]
        public static partial void NotSaved(ILogger logger, ConnectionId connection, Exception exception);
    }
}
