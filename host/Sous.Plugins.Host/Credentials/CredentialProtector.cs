using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Connections;
using Secret = Sous.Plugins.Sdk.Secret;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// One field of a credential: AES-256-GCM under the tenant's data key, inside a DataProtection envelope whose purposes are
/// tenant, connection (or subscription) and field. Format and row version stand inside, so that a row put back from earlier is seen. In front
/// stands the number of the data key: <c>number.base64url</c>.
/// </summary>
internal sealed class CredentialProtector(IDataProtectionProvider protection, TenantKeys keys)
{
    private const byte Format = 1;
    private const int Head = 1 + sizeof(long);

    public async ValueTask<string> ProtectAsync(CredentialField field, long version, Secret secret, CancellationToken cancellationToken)
    {
        var newest = (await keys.GetOrCreateAsync(field.Tenant, cancellationToken)).Newest;
        var text = Encoding.UTF8.GetBytes(secret.Reveal());
        byte[] plaintext = [Format, .. new byte[sizeof(long)], .. text];
        BinaryPrimitives.WriteInt64BigEndian(plaintext.AsSpan(1), version);
        CryptographicOperations.ZeroMemory(text);
        return Seal(newest, field, plaintext);
    }

    /// <summary>The same under the tenant's newest data key. Unlike protecting, it makes no key: a tenant that was removed stays without one.</summary>
    /// <inheritdoc cref="UnprotectAsync"/>
    public async ValueTask<string> ReprotectAsync(CredentialField field, long version, string stored, CancellationToken cancellationToken)
    {
        var ciphers = await keys.GetAsync(field.Tenant, cancellationToken);
        return Seal(ciphers.Newest, field, Open(ciphers, field, version, stored));
    }

    /// <param name="version">The version that the row must have.</param>
    /// <exception cref="CredentialException">It was altered, moved from another tenant, connection or field, or put back from earlier.</exception>
    public async ValueTask<Secret> UnprotectAsync(CredentialField field, long version, string stored, CancellationToken cancellationToken)
    {
        var plaintext = Open(await keys.GetAsync(field.Tenant, cancellationToken), field, version, stored);
        var secret = new Secret(Encoding.UTF8.GetString(plaintext.AsSpan(Head)));
        CryptographicOperations.ZeroMemory(plaintext);
        return secret;
    }

    /// <summary>The number of the data key that a field is encrypted under; 0 where it tells none.</summary>
    public static int NumberOf(string stored) =>
        int.TryParse(stored.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private string Seal(DataCiphers key, CredentialField field, byte[] plaintext)
    {
        var inner = key.Credentials.Seal(plaintext, field.AssociatedData());
        CryptographicOperations.ZeroMemory(plaintext);
        return string.Create(CultureInfo.InvariantCulture, $"{key.Key.Number}.{WebEncoders.Base64UrlEncode(Envelope(field).Protect(inner))}");
    }

    private byte[] Open(TenantCiphers ciphers, CredentialField field, long version, string stored)
    {
        byte[] plaintext;
        try
        {
            var key = ciphers.Of(NumberOf(stored));
            var from = stored.IndexOf('.', StringComparison.Ordinal) + 1;
            var inner = Envelope(field).Unprotect(WebEncoders.Base64UrlDecode(stored, from, stored.Length - from));
            plaintext = key.Credentials.Open(inner, field.AssociatedData());
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new CredentialException(
                $"The {field.Name} of {field.Kind} {field.Owner} cannot be decrypted: it was altered, or belongs to another tenant, {field.Kind} or field.", e);
        }

        if (plaintext.Length <= Head || plaintext[0] != Format)
        {
            throw new CredentialException($"The {field.Name} of {field.Kind} {field.Owner} has a format that this version does not know.");
        }

        if (BinaryPrimitives.ReadInt64BigEndian(plaintext.AsSpan(1)) != version)
        {
            throw CredentialStore.RolledBack($"{field.Kind} {field.Owner}");
        }

        return plaintext;
    }

    private IDataProtector Envelope(CredentialField field) => protection.CreateProtector(
        VaultServices.Purpose, $"tenant:{field.Tenant}", $"{field.Kind}:{field.Owner}", $"field:{field.Name}");
}
