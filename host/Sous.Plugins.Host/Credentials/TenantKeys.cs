using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>The data keys of each tenant, made when first needed, unwrapped once. Deleting them is how a tenant's secrets are destroyed.</summary>
internal sealed class TenantKeys(IRegistry registry, IDataProtectionProvider protection, TimeProvider clock)
{
    private readonly ConcurrentDictionary<TenantId, (TenantKey Stored, TenantCiphers Ciphers)> _unwrapped = new();

    /// <summary>For writing: makes the key where there is none.</summary>
    public async ValueTask<TenantCiphers> GetOrCreateAsync(TenantId tenant, CancellationToken cancellationToken) =>
        Unwrap(await registry.FindAsync(TenantKey.Collection, tenant.Value, cancellationToken) ?? await CreateAsync(tenant, cancellationToken));

    /// <summary>For reading.</summary>
    /// <exception cref="CredentialException">The tenant has no key: it was deleted, and with it everything under it.</exception>
    public async ValueTask<TenantCiphers> GetAsync(TenantId tenant, CancellationToken cancellationToken) =>
        Unwrap(await registry.FindAsync(TenantKey.Collection, tenant.Value, cancellationToken)
            ?? throw new CredentialException($"Tenant {tenant} has no data key: what was encrypted for it cannot be read any more."));

    /// <summary>Whether the newest key is there and can be unwrapped; it then is.</summary>
    public async ValueTask<bool> IsReadableAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        try
        {
            _ = await GetAsync(tenant, cancellationToken);
            return true;
        }
        catch (CredentialException)
        {
            return false;
        }
    }

    /// <summary>As last unwrapped here, or null.</summary>
    public TenantCiphers? Known(TenantId tenant) => _unwrapped.TryGetValue(tenant, out var known) ? known.Ciphers : null;

    /// <summary>Makes the next key of the tenant, which encrypts from now on.</summary>
    /// <param name="due">Whether the newest key is to be followed; asked again in the transaction.</param>
    public Task AdvanceAsync(TenantKey stored, Func<DataKey, bool> due, CancellationToken cancellationToken)
    {
        var made = Make(stored.Tenant, stored.Newest.Number + 1);
        return registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(TenantKey.Collection, stored.Tenant.Value) is { } now && now.Newest == stored.Newest && due(now.Newest))
                {
                    transaction.Put(TenantKey.Collection, now with { Keys = [.. now.Keys, made] });
                }
            },
            cancellationToken);
    }

    /// <summary>Destroys the tenant's keys, in the files too. Backups taken before still hold them.</summary>
    public async Task ShredAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await registry.WriteAsync(transaction => transaction.Delete(TenantKey.Collection, tenant.Value), cancellationToken);
        _unwrapped.TryRemove(tenant, out _);
        await registry.CompactAsync(cancellationToken);
    }

    private Task<TenantKey> CreateAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var made = new TenantKey(tenant, [Make(tenant, 1)]);
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

    private DataKey Make(TenantId tenant, int number)
    {
        var dataKey = RandomNumberGenerator.GetBytes(MasterKey.Size);
        var made = new DataKey(number, WebEncoders.Base64UrlEncode(Wrapper(tenant).Protect(dataKey)), clock.GetUtcNow());
        CryptographicOperations.ZeroMemory(dataKey);
        return made;
    }

    // By the stored document, so that a key that was replaced, or a tenant's that was destroyed, is never used from memory.
    private TenantCiphers Unwrap(TenantKey stored)
    {
        var known = _unwrapped.GetValueOrDefault(stored.Tenant);
        if (known.Stored == stored)
        {
            return known.Ciphers;
        }

        var ciphers = known.Ciphers is null ? [] : known.Ciphers.Known.ToDictionary();
        foreach (var key in stored.Keys.Where(key => ciphers.GetValueOrDefault(key.Number)?.Key != key))
        {
            try
            {
                ciphers[key.Number] = Unwrap(stored.Tenant, key);
            }
            catch (CredentialException) when (key != stored.Newest)
            {
                // What is under the others is still to be read.
                ciphers.Remove(key.Number);
            }
        }

        var unwrapped = new TenantCiphers(ciphers[stored.Newest.Number], ciphers);
        _unwrapped[stored.Tenant] = (stored, unwrapped);
        return unwrapped;
    }

    private DataCiphers Unwrap(TenantId tenant, DataKey key)
    {
        try
        {
            var dataKey = Wrapper(tenant).Unprotect(WebEncoders.Base64UrlDecode(key.Wrapped));
            var ciphers = new DataCiphers(key, dataKey);
            CryptographicOperations.ZeroMemory(dataKey);
            return ciphers;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new CredentialException($"The data key of tenant {tenant} cannot be decrypted: it was altered or belongs to another tenant.", e);
        }
    }

    private IDataProtector Wrapper(TenantId tenant) => protection.CreateProtector(VaultServices.Purpose, $"tenant:{tenant}");
}
