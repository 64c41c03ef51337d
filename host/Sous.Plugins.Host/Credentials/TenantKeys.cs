using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>A data key per tenant, made when first needed, unwrapped once. Deleting it is how a tenant's secrets are destroyed.</summary>
internal sealed class TenantKeys(IRegistry registry, IDataProtectionProvider protection, TimeProvider clock)
{
    private readonly ConcurrentDictionary<TenantId, (TenantKey Key, TenantCiphers Ciphers)> _unwrapped = new();

    /// <summary>For writing: makes the key where there is none.</summary>
    public async ValueTask<TenantCiphers> GetOrCreateAsync(TenantId tenant, CancellationToken cancellationToken) =>
        Unwrap(await registry.FindAsync(TenantKey.Collection, tenant.Value, cancellationToken) ?? await CreateAsync(tenant, cancellationToken));

    /// <summary>For reading.</summary>
    /// <exception cref="CredentialException">The tenant has no key: it was deleted, and with it everything under it.</exception>
    public async ValueTask<TenantCiphers> GetAsync(TenantId tenant, CancellationToken cancellationToken) =>
        Unwrap(await registry.FindAsync(TenantKey.Collection, tenant.Value, cancellationToken)
            ?? throw new CredentialException($"Tenant {tenant} has no data key: what was encrypted for it cannot be read any more."));

    /// <summary>Destroys the tenant's key. Backups taken before still hold it.</summary>
    public async Task ShredAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await registry.WriteAsync(transaction => transaction.Delete(TenantKey.Collection, tenant.Value), cancellationToken);
        _unwrapped.TryRemove(tenant, out _);
    }

    private Task<TenantKey> CreateAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var dataKey = RandomNumberGenerator.GetBytes(MasterKey.Size);
        var made = new TenantKey(tenant, Convert.ToBase64String(Wrapper(tenant).Protect(dataKey)), clock.GetUtcNow());
        CryptographicOperations.ZeroMemory(dataKey);
        return registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(TenantKey.Collection, tenant.Value) is { } existing)
                {
                    return existing;
                }

                transaction.Put(TenantKey.Collection, made);
                return made;
            },
            cancellationToken);
    }

    // By the stored document, so that a key that was destroyed or replaced is never used from memory.
    private TenantCiphers Unwrap(TenantKey key)
    {
        if (_unwrapped.TryGetValue(key.Tenant, out var known) && known.Key == key)
        {
            return known.Ciphers;
        }

        try
        {
            var dataKey = Wrapper(key.Tenant).Unprotect(Convert.FromBase64String(key.Wrapped));
            var ciphers = new TenantCiphers(dataKey);
            CryptographicOperations.ZeroMemory(dataKey);
            _unwrapped[key.Tenant] = (key, ciphers);
            return ciphers;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new CredentialException($"The data key of tenant {key.Tenant} cannot be decrypted: it was altered or belongs to another tenant.", e);
        }
    }

    private IDataProtector Wrapper(TenantId tenant) => protection.CreateProtector(VaultServices.Purpose, $"tenant:{tenant}");
}
