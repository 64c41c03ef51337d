using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Connections;

/// <summary>Connections and their condition. Whoever changes one says so here, together with who did it; what the platform must know of it is told in the same write.</summary>
internal sealed partial class ConnectionStore(IRegistry registry, EventLog events, RefusedTokens refused, TimeProvider clock, ILogger<ConnectionStore> logger)
{
    public ValueTask<Connection?> FindAsync(ConnectionId id, CancellationToken cancellationToken)
        => registry.FindAsync(Connection.Collection, id.Value, cancellationToken);

    /// <summary>Another tenant's is as absent as one that never was.</summary>
    public async ValueTask<Connection?> FindAsync(TenantId tenant, ConnectionId id, CancellationToken cancellationToken)
        => await FindAsync(id, cancellationToken) is { } connection && connection.Tenant == tenant ? connection : null;

    public async ValueTask<IReadOnlyList<Connection>> ListAsync(TenantId tenant, CancellationToken cancellationToken)
        => [.. (await ListAsync(cancellationToken)).Where(connection => connection.Tenant == tenant)];

    public ValueTask<IReadOnlyList<Connection>> ListAsync(CancellationToken cancellationToken)
        => registry.ListAsync(Connection.Collection, "", cancellationToken);

    /// <summary>Changes it by what it is at that moment; null from <paramref name="change"/>, or the same again, changes nothing.</summary>
    /// <returns>The changed connection, or null where nothing was changed.</returns>
    public Task<Connection?> ChangeAsync(ConnectionId id, string actor, string action, Func<Connection, Connection?> change, CancellationToken cancellationToken)
        => ChangeAsync(id, actor, action, (connection, _) => change(connection), cancellationToken);

    /// <param name="change">May put further documents into the same transaction.</param>
    /// <inheritdoc cref="ChangeAsync(ConnectionId, string, string, Func{Connection, Connection?}, CancellationToken)"/>
    public async Task<Connection?> ChangeAsync(
        ConnectionId id, string actor, string action, Func<Connection, IRegistryTransaction, Connection?> change, CancellationToken cancellationToken)
    {
        var audit = AuditEntry.Make(clock.GetUtcNow(), actor, action, target: id.Value);
        var changed = await registry.WriteAsync(transaction => Change(transaction, id, audit, change), cancellationToken);
        Tell(changed);
        return changed?.After;
    }

    /// <summary>The same within a write that does more. Whoever writes calls <see cref="Tell"/> once it is durable.</summary>
    /// <param name="audit">When, who and what; made before the write, as it knows the request that it belongs to.</param>
    /// <returns>Null where nothing was changed.</returns>
    public static ConnectionChange? Change(IRegistryTransaction transaction, ConnectionId id, AuditEntry audit, Func<Connection, IRegistryTransaction, Connection?> change)
    {
        if (transaction.Find(Connection.Collection, id.Value) is not { } before || change(before, transaction) is not { } after || after == before)
        {
            return null;
        }

        after = after with { ChangedAt = audit.At };
        transaction.Put(Connection.Collection, after);
        transaction.Append(audit with { Tenant = after.Tenant, Detail = after.Cause });
        foreach (var told in PlatformEvents.Changed(before, after))
        {
            EventLog.Append(transaction, told);
        }

        return new ConnectionChange(before, after);
    }

    /// <summary>A change is durable: wakes those who wait for events.</summary>
    public void Tell(ConnectionChange? change)
    {
        events.Wake();
        if (change is var (before, after) && before.Status != after.Status)
        {
            Log.Changed(logger, after.Id, before.Status, after.Status, after.Cause);
        }
    }

    /// <summary>The service's own word that the grant is gone: the owner must act. What is being revoked stays so.</summary>
    /// <param name="part">Who says so, as with <see cref="MarkNeedsAttentionAsync"/>.</param>
    /// <param name="credentialVersion">The credential that the service spoke of: where another is stored by now, nothing is changed. Null for whichever there is.</param>
    public async Task MarkNeedsReconnectAsync(ConnectionId id, string part, string cause, long? credentialVersion, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is { Authorization: AuthorizationKind.ClientCredentials })
        {
            // Nobody's browser helps where the client logs in as itself.
            await MarkNeedsAttentionAsync(id, part, cause, Actor.Operator, cancellationToken);
            return;
        }

        if (credentialVersion is null && await IsFreshAsync(id, cancellationToken))
        {
            await MarkNeedsAttentionAsync(id, part, $"{cause} The service renewed the grant a moment ago and refuses the new token all the same.", Actor.Owner, cancellationToken);
            return;
        }

        await ChangeAsync(
            id,
            AuditEntry.Host,
            "connection.needs_reconnect",
            (connection, transaction) =>
                connection.IsOver || connection.Status == ConnectionStatus.NeedsReconnect
                || (credentialVersion is not null && transaction.Find(Credential.Collection, id.Value)?.Version != credentialVersion)
                    ? null
                    : connection with { Status = ConnectionStatus.NeedsReconnect, Cause = Restoration.Explain(cause, id, transaction), Actor = Actor.Owner },
            cancellationToken);
    }

    /// <summary>
    /// Whether the service renewed the grant a moment ago because its API refused the token. Where that refuses the new one too, its word stands
    /// against its token endpoint's, and an outage looks like that: the grant is not over.
    /// </summary>
    public async ValueTask<bool> IsFreshAsync(ConnectionId id, CancellationToken cancellationToken)
        => await registry.FindAsync(Credential.Collection, id.Value, cancellationToken) is { } credential && refused.IsFresh(id, credential.Version);

    /// <summary>Somebody must act, but the grant is good. A pause and a grant that is gone outlive this.</summary>
    /// <param name="part">Who says so; it stands before the cause, and one part's trouble is cleared by that part alone.</param>
    public async Task MarkNeedsAttentionAsync(ConnectionId id, string part, string cause, Actor actor, CancellationToken cancellationToken)
    {
        var told = $"{part}: {cause}";
        if (await FindAsync(id, cancellationToken) is { Status: ConnectionStatus.Ok or ConnectionStatus.NeedsAttention } now
            && (now.Status, now.Cause, now.Actor) != (ConnectionStatus.NeedsAttention, told, actor))
        {
            await ChangeAsync(
                id,
                AuditEntry.Host,
                "connection.needs_attention",
                connection => connection.Status is ConnectionStatus.Ok or ConnectionStatus.NeedsAttention
                    ? connection with { Status = ConnectionStatus.NeedsAttention, Cause = told, Actor = actor }
                    : null,
                cancellationToken);
        }
    }

    /// <summary>It went well again: takes back what the same part said by <see cref="MarkNeedsAttentionAsync"/>. Writes nothing where it said nothing.</summary>
    public async Task MarkWellAsync(ConnectionId id, string part, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is { } now && IsTrouble(now, part))
        {
            await ChangeAsync(id, AuditEntry.Host, "connection.ok", connection => IsTrouble(connection, part) ? connection.Well() : null, cancellationToken);
        }
    }

    /// <summary>What the token that a refresh brought reaches. Writes nothing where that is what is known.</summary>
    public async Task NoteScopesAsync(ConnectionId id, IReadOnlyList<string> scopes, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is { } now && !now.Scopes.ToHashSet().SetEquals(scopes))
        {
            await ChangeAsync(
                id,
                AuditEntry.Host,
                "connection.scopes_changed",
                connection => connection with { Scopes = scopes, MissingScopes = [.. connection.Scopes.Union(connection.MissingScopes).Except(scopes)] },
                cancellationToken);
        }
    }

    private static bool IsTrouble(Connection connection, string part)
        => connection.Status == ConnectionStatus.NeedsAttention && connection.Cause?.StartsWith($"{part}: ", StringComparison.Ordinal) == true;

    private static partial class Log
    {
        [LoggerMessage(EventId = 1100, Level = LogLevel.Information, Message = "Connection {Connection} went from {Before} to {After}: {Cause}")]
        public static partial void Changed(ILogger logger, ConnectionId connection, ConnectionStatus before, ConnectionStatus after, string? cause);
    }
}
