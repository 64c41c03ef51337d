using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Credentials at rest. A save counts only against the version that was read, so a late holder of a lease changes nothing.</summary>
internal sealed class CredentialStore(IRegistry registry, CredentialProtector protector, TallyKeeper tally, TimeProvider clock)
{
    private const string AccessToken = "access_token";
    private const string RefreshToken = "refresh_token";
    private const string ApiKey = "api_key";
    private const string FieldPrefix = "fields.";

    /// <exception cref="CredentialException">It was put back from earlier.</exception>
    public async ValueTask<Credential?> FindAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        var credential = await registry.FindAsync(Credential.Collection, connection.Value, cancellationToken);
        while (credential is not null)
        {
            var version = await registry.FindAsync(CredentialVersion.Collection, connection.Value, cancellationToken);
            if (version?.Version == credential.Version && credential.Connection == connection)
            {
                return credential;
            }

            // Read one after the other: a save that came in between is no row put back.
            var again = await registry.FindAsync(Credential.Collection, connection.Value, cancellationToken);
            credential = again?.Version != credential.Version ? again : throw RolledBack($"connection {connection}");
        }

        return null;
    }

    /// <exception cref="CredentialException">A field was altered, moved or put back.</exception>
    public async ValueTask<CredentialSecrets> RevealAsync(Credential credential, CancellationToken cancellationToken)
    {
        var fields = new Dictionary<string, Secret>(StringComparer.Ordinal);
        foreach (var (name, stored) in credential.Protected)
        {
            fields[name] = await protector.UnprotectAsync(
                new CredentialField(credential.Tenant, credential.Connection, name), credential.Version, stored, cancellationToken);
        }

        return new CredentialSecrets
        {
            AccessToken = Take(fields, AccessToken),
            RefreshToken = Take(fields, RefreshToken),
            ApiKey = Take(fields, ApiKey),
            Fields = fields.ToDictionary(f => f.Key[FieldPrefix.Length..], f => f.Value, StringComparer.Ordinal),
        };
    }

    /// <summary>Saves under the next version and settles a lease. Durable when the task completes; only then may anyone use the new token.</summary>
    /// <param name="expectedVersion">As read; 0 when there is none yet.</param>
    /// <exception cref="CredentialConflictException">Another version is stored; nothing was changed.</exception>
    public Task<Credential> SaveAsync(CredentialMaterial material, long expectedVersion, CancellationToken cancellationToken)
        => SaveAsync(material, expectedVersion, static _ => { }, cancellationToken);

    /// <param name="alongside">Puts further documents into the same transaction.</param>
    /// <inheritdoc cref="SaveAsync(CredentialMaterial, long, CancellationToken)"/>
    public async Task<Credential> SaveAsync(
        CredentialMaterial material, long expectedVersion, Action<IRegistryTransaction> alongside, CancellationToken cancellationToken)
    {
        while (true)
        {
            var credential = new Credential
            {
                Connection = material.Connection,
                Tenant = material.Tenant,
                Version = expectedVersion + 1,
                AccessTokenExpiresAt = material.AccessTokenExpiresAt,
                ObtainedAt = material.ObtainedAt,
                RefreshedAt = material.RefreshedAt,
                Scopes = material.Scopes,
                TokenType = material.TokenType,
                Protected = await ProtectAsync(material, expectedVersion + 1, cancellationToken),
            };
            var saved = await registry.WriteAsync(
                transaction =>
                {
                    Expect(transaction, material.Connection, expectedVersion);

                    // Encrypted just before its tenant got another data key: the one it is under may go.
                    if (!credential.IsUnder(transaction.Find(TenantKey.Collection, credential.Tenant.Value)?.Newest))
                    {
                        return false;
                    }

                    transaction.Put(Credential.Collection, credential);
                    tally.Move(transaction, credential.Connection, credential.Version);
                    transaction.Put(CredentialVersion.Collection, new CredentialVersion(credential.Connection, credential.Version));
                    alongside(transaction);
                    return true;
                },
                cancellationToken);
            if (saved)
            {
                return credential;
            }
        }
    }

    /// <summary>The same secrets of the same version under the tenant's newest data key; not stored yet.</summary>
    /// <exception cref="CredentialException">A field was altered, moved or put back, or its key is gone.</exception>
    public async ValueTask<Credential> ReencryptAsync(Credential credential, CancellationToken cancellationToken)
    {
        var anew = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, stored) in credential.Protected)
        {
            var field = new CredentialField(credential.Tenant, credential.Connection, name);
            anew[name] = await protector.ReprotectAsync(field, credential.Version, stored, cancellationToken);
        }

        return credential with { Protected = anew };
    }

    /// <summary>
    /// Stores what was encrypted anew, unless somebody saved the row meanwhile. The version stays: it counts what the service gave, so a
    /// refresh in flight, whose save expects it, does not lose to this. A lease taken meanwhile stays too.
    /// </summary>
    /// <returns>Whether the row is under the newest key now, or gone.</returns>
    public static bool Replace(IRegistryTransaction transaction, Credential read, Credential anew)
    {
        if (transaction.Find(Credential.Collection, read.Connection.Value) is not { } now)
        {
            return true;
        }

        var newest = transaction.Find(TenantKey.Collection, read.Tenant.Value)?.Newest;
        if (now.Version == read.Version && now.Protected.All(field => read.Protected.GetValueOrDefault(field.Key) == field.Value) && anew.IsUnder(newest))
        {
            transaction.Put(Credential.Collection, now with { Protected = anew.Protected });
            return true;
        }

        return now.IsUnder(newest);
    }

    /// <summary>Takes the right to spend this version, durably, unless somebody else who may be alive has it.</summary>
    /// <exception cref="CredentialConflictException">Another version is stored; do not ask.</exception>
    public Task<LeaseEnd> TakeLeaseAsync(ConnectionId connection, long expectedVersion, LeaseHolder holder, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return registry.WriteAsync(
            transaction =>
            {
                var credential = Expect(transaction, connection, expectedVersion) ?? throw new CredentialConflictException(connection, expectedVersion, 0);
                var standing = credential.Lease;
                var isAnothers = standing is not null && standing.HolderId != holder.Id;
                if (isAnothers && !holder.IsAlone && now < standing?.Until)
                {
                    return new LeaseEnd(standing.Until);
                }

                var unsettled = standing?.UnsettledSince ?? (isAnothers ? standing?.At : null);
                transaction.Put(Credential.Collection, credential with { Lease = new RefreshLease(now, holder.Id, expectedVersion) { UnsettledSince = unsettled } });
                return new LeaseEnd(null, unsettled);
            },
            cancellationToken);
    }

    /// <summary>Forgets the credential.</summary>
    public Task DeleteAsync(ConnectionId connection, CancellationToken cancellationToken)
        => registry.WriteAsync(transaction => { Delete(transaction, connection); }, cancellationToken);

    /// <summary>The same within a write that does more. Whatever forgets a credential goes through here.</summary>
    public void Delete(IRegistryTransaction transaction, ConnectionId connection)
    {
        tally.Move(transaction, connection, 0);
        transaction.Delete(CredentialVersion.Collection, connection.Value);
        transaction.Delete(Credential.Collection, connection.Value);
    }

    public static CredentialException RolledBack(string owner) =>
        new($"The credential of {owner} is not of the version it must be: it was put back from earlier or altered.");

    private static Credential? Expect(IRegistryTransaction transaction, ConnectionId connection, long version)
    {
        var credential = transaction.Find(Credential.Collection, connection.Value);
        var actual = credential?.Version ?? 0;
        return actual == version ? credential : throw new CredentialConflictException(connection, version, actual);
    }

    private static Secret? Take(Dictionary<string, Secret> fields, string name) => fields.Remove(name, out var secret) ? secret : null;

    private async Task<IReadOnlyDictionary<string, string>> ProtectAsync(CredentialMaterial material, long version, CancellationToken cancellationToken)
    {
        var secrets = material.Secrets;
        List<(string Name, Secret? Value)> fields =
        [
            (AccessToken, secrets.AccessToken),
            (RefreshToken, secrets.RefreshToken),
            (ApiKey, secrets.ApiKey),
            .. secrets.Fields.Select(f => (FieldPrefix + f.Key, (Secret?)f.Value)),
        ];
        var stored = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in fields)
        {
            if (value is { IsEmpty: false } secret)
            {
                stored[name] = await protector.ProtectAsync(
                    new CredentialField(material.Tenant, material.Connection, name), version, secret, cancellationToken);
            }
        }

        return stored;
    }
}
