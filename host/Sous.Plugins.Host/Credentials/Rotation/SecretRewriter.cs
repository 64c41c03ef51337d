using System.Collections.Concurrent;
using System.Security.Cryptography;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>Encrypts what lies under the tenants' data keys anew: credentials and the secrets of subscriptions in the registry, Raws in the change store.</summary>
internal sealed class SecretRewriter(IRegistry registry, CredentialStore credentials, SubscriptionSecrets subscriptions, TenantKeys keys, IChangeStore changes)
{
    /// <summary>Rows of one commit: as many as keep other writers waiting for some tens of milliseconds.</summary>
    private const int Slice = 200;

    // Raws that do not decrypt, and the data key that each names: it is kept.
    private readonly ConcurrentDictionary<(TenantId Tenant, int Key), long> _unreadableRaws = new();

    public async Task<long> CountAsync(CancellationToken cancellationToken) =>
        (await registry.ListAsync(Credential.Collection, "", cancellationToken)).Count + await changes.CountRawsAsync(cancellationToken);

    /// <param name="advanced">How many more were looked at.</param>
    /// <returns>How many cannot be decrypted.</returns>
    public async Task<long> RewriteCredentialsAsync(Action<int> advanced, CancellationToken cancellationToken)
    {
        var unreadable = 0L;
        foreach (var slice in (await registry.ListAsync(Credential.Collection, "", cancellationToken)).Chunk(Slice))
        {
            var left = slice;
            while (left.Length > 0)
            {
                var (anew, broken) = await ReencryptAsync(left, cancellationToken);
                unreadable += broken;
                var missed = await PutAsync(anew, cancellationToken);
                left = await ReadAgainAsync(missed, cancellationToken);
            }

            advanced(slice.Length);
        }

        return unreadable;
    }

    /// <returns>How many cannot be decrypted.</returns>
    /// <inheritdoc cref="RewriteCredentialsAsync"/>
    public async Task<long> RewriteRawsAsync(Action<int> advanced, CancellationToken cancellationToken)
    {
        _unreadableRaws.Clear();
        await changes.RewriteRawsAsync(Rewrite, advanced, cancellationToken);
        return _unreadableRaws.Values.Sum();
    }

    /// <inheritdoc cref="RewriteCredentialsAsync"/>
    public Task<long> RewriteSubscriptionsAsync(CancellationToken cancellationToken) => subscriptions.RewriteAsync(cancellationToken);

    /// <summary>Destroys every data key but the newest of its tenant that nothing refers to any more.</summary>
    public Task DestroyUnusedAsync(CancellationToken cancellationToken) => registry.WriteAsync(
        transaction =>
        {
            var used = transaction.List(Credential.Collection, "")
                .SelectMany(credential => credential.Protected.Values.Select(field => (credential.Tenant, CredentialProtector.NumberOf(field))))
                .Concat(transaction.List(Subscription.Collection, "").SelectMany(static subscription => subscription.Keys.Select(key => (subscription.Tenant, CredentialProtector.NumberOf(key.Protected)))))
                .Concat(_unreadableRaws.Keys)
                .ToHashSet();

            // Where the newest cannot be unwrapped nothing was rewritten, and older ones are all there is.
            foreach (var stored in transaction.List(TenantKey.Collection, "").Where(stored => stored.Keys.Count > 1 && keys.Known(stored.Tenant)?.Newest.Key == stored.Newest))
            {
                transaction.Put(TenantKey.Collection, stored with { Keys = [.. stored.Keys.Where(key => key == stored.Newest || used.Contains((stored.Tenant, key.Number)))] });
            }
        },
        cancellationToken);

    private async Task<(List<(Credential Read, Credential Anew)> Anew, int Unreadable)> ReencryptAsync(Credential[] slice, CancellationToken cancellationToken)
    {
        var anew = new List<(Credential, Credential)>(slice.Length);
        var unreadable = 0;
        foreach (var credential in slice)
        {
            try
            {
                if (!credential.IsUnder((await keys.GetAsync(credential.Tenant, cancellationToken)).Newest.Key))
                {
                    anew.Add((credential, await credentials.ReencryptAsync(credential, cancellationToken)));
                }
            }
            catch (CredentialException)
            {
                unreadable++;
            }
        }

        return (anew, unreadable);
    }

    private async Task<List<Credential>> PutAsync(List<(Credential Read, Credential Anew)> anew, CancellationToken cancellationToken) => anew.Count == 0
        ? []
        : await registry.WriteAsync(
            transaction => anew.Where(pair => !CredentialStore.Replace(transaction, pair.Read, pair.Anew)).Select(static pair => pair.Read).ToList(),
            cancellationToken);

    private async Task<Credential[]> ReadAgainAsync(List<Credential> missed, CancellationToken cancellationToken)
    {
        var again = new List<Credential>(missed.Count);
        foreach (var credential in missed)
        {
            if (await registry.FindAsync(Credential.Collection, credential.Connection.Value, cancellationToken) is { } now)
            {
                again.Add(now);
            }
        }

        return [.. again];
    }

    private byte[]? Rewrite(TenantId tenant, ConnectionId connection, StreamName stream, string id, ReadOnlySpan<byte> stored)
    {
        if (keys.Known(tenant) is not { } ciphers)
        {
            return null;
        }

        try
        {
            return RawCipher.NumberOf(stored) == ciphers.Newest.Key.Number ? null : RawRecord.Reencrypt(stored, new RawCipher(ciphers, tenant, connection), stream, id);
        }
        catch (Exception e) when (e is CredentialException or CryptographicException)
        {
            _unreadableRaws.AddOrUpdate((tenant, KeyOf(stored)), 1, static (_, count) => count + 1);
            return null;
        }
    }

    private static int KeyOf(ReadOnlySpan<byte> stored)
    {
        try
        {
            return RawCipher.NumberOf(stored);
        }
        catch (CryptographicException)
        {
            return 0;
        }
    }
}
