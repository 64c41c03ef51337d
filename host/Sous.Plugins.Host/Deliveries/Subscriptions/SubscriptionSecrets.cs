using System.Security.Cryptography;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Deliveries.Subscriptions;

/// <summary>The secrets that deliveries are signed with: drawn here, kept encrypted as credentials are, told once.</summary>
internal sealed class SubscriptionSecrets(IRegistry registry, CredentialProtector protector)
{
    public const string Prefix = "whsec_";

    private const string Name = "signing_key";
    private const int Size = 32;

    /// <returns>The key as it is kept, and its text, which nobody can read here again.</returns>
    public async ValueTask<(SigningKey Key, Secret Text)> MakeAsync(TenantId tenant, string subscription, int number, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var text = new Secret(Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(Size)));
        return (new SigningKey(number, await protector.ProtectAsync(FieldOf(tenant, subscription), number, text, cancellationToken), at), text);
    }

    /// <summary>The bytes of each key that signs at that instant, newest first.</summary>
    /// <exception cref="CredentialException">One was altered or moved, or its tenant's data key is gone.</exception>
    public async ValueTask<IReadOnlyList<byte[]>> RevealAsync(Subscription subscription, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var keys = new List<byte[]>();
        foreach (var key in subscription.Keys.Reverse().Where(key => !(key.Until <= at)))
        {
            var text = await protector.UnprotectAsync(FieldOf(subscription.Tenant, subscription.Id), key.Number, key.Protected, cancellationToken);
            keys.Add(Convert.FromBase64String(text.Reveal()[Prefix.Length..]));
        }

        return keys;
    }

    /// <summary>Whether a key may be stored: one that was encrypted just before its tenant got another data key would be lost with the old one.</summary>
    public static bool IsUnderNewest(IRegistryTransaction transaction, TenantId tenant, SigningKey key)
        => transaction.Find(TenantKey.Collection, tenant.Value)?.Newest.Number == CredentialProtector.NumberOf(key.Protected);

    /// <summary>Encrypts all of them anew under their tenants' newest data keys. One that cannot be decrypted stays as it is.</summary>
    /// <returns>How many cannot be decrypted.</returns>
    public async Task<long> RewriteAsync(CancellationToken cancellationToken)
    {
        var unreadable = 0L;
        foreach (var subscription in await registry.ListAsync(Subscription.Collection, "", cancellationToken))
        {
            try
            {
                var anew = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var key in subscription.Keys)
                {
                    anew[key.Protected] = await protector.ReprotectAsync(FieldOf(subscription.Tenant, subscription.Id), key.Number, key.Protected, cancellationToken);
                }

                await registry.WriteAsync(transaction => Replace(transaction, subscription, anew), cancellationToken);
            }
            catch (CredentialException)
            {
                unreadable++;
            }
        }

        return unreadable;
    }

    private static CredentialField FieldOf(TenantId tenant, string subscription) => new(tenant, "subscription", subscription, Name);

    private static void Replace(IRegistryTransaction transaction, Subscription read, Dictionary<string, string> anew)
    {
        // A key that was made meanwhile is under the newest data key already.
        if (transaction.Find(Subscription.Collection, Subscription.Collection.KeyOf(read)) is { } now)
        {
            transaction.Put(Subscription.Collection, now with { Keys = [.. now.Keys.Select(key => key with { Protected = anew.GetValueOrDefault(key.Protected, key.Protected) })] });
        }
    }
}
