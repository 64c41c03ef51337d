using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Access;

/// <summary>The API's keys.</summary>
internal sealed class KeyStore(IRegistry registry, HostKey hostKey, TimeProvider clock)
{
    /// <summary>Whose key it is, or null for one that is unknown, mistyped, expired or revoked.</summary>
    public async ValueTask<Caller?> AuthenticateAsync(string text, CancellationToken cancellationToken)
    {
        if (!KeyText.TryReadId(text, out var id))
        {
            return null;
        }

        var hash = KeyText.Hash(text);
        if (id == hostKey.Id)
        {
            return RandomText.Same(hash, hostKey.Hash) ? new Caller(AuditEntry.Cli, KeyScope.Admin) : null;
        }

        var key = await registry.FindAsync(ApiKey.Collection, id, cancellationToken);
        return key is { RevokedAt: null } && !(key.ExpiresAt <= clock.GetUtcNow()) && RandomText.Same(hash, key.Hash) ? new Caller(key.Id, key.Scope) : null;
    }

    /// <summary>Whose key has this id, or null for one that is unknown or revoked: for what somebody began with the key, and must end with it.</summary>
    public async ValueTask<Caller?> FindAsync(string id, CancellationToken cancellationToken)
        => id == hostKey.Id ? new Caller(AuditEntry.Cli, KeyScope.Admin)
            : await registry.FindAsync(ApiKey.Collection, id, cancellationToken) is { RevokedAt: null } key ? new Caller(key.Id, key.Scope) : null;

    /// <summary>Stores the key that <see cref="KeyText.Make"/> made, whose text nobody can read here again; null where the scope's tenant does not exist.</summary>
    public async Task<ApiKey?> AddAsync((string Id, string Text) made, KeyScope scope, string? name, DateTimeOffset? expiresAt, string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (id, text) = made;
        var key = new ApiKey { Id = id, Hash = KeyText.Hash(text), Scope = scope, Name = name, CreatedAt = now, ExpiresAt = expiresAt };
        var audit = AuditEntry.Make(now, actor, "key.created", scope.Tenant, id);
        var created = await registry.WriteAsync(
            transaction =>
            {
                if (scope.Tenant is { } tenant && transaction.Find(Tenant.Collection, tenant.Value) is null)
                {
                    return false;
                }

                transaction.Put(ApiKey.Collection, key);
                transaction.Append(audit);
                return true;
            },
            cancellationToken);
        return created ? key : null;
    }

    public async Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken)
        => [.. (await registry.ListAsync(ApiKey.Collection, "", cancellationToken)).Where(static key => key.RevokedAt is null)];

    /// <returns>Whether there was such a key to revoke.</returns>
    public async Task<bool> RevokeAsync(string id, string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var audit = AuditEntry.Make(now, actor, "key.revoked", target: id);
        return await registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(ApiKey.Collection, id) is not { RevokedAt: null } key)
                {
                    return false;
                }

                transaction.Put(ApiKey.Collection, key with { RevokedAt = now });
                transaction.Append(audit);
                return true;
            },
            cancellationToken);
    }
}
