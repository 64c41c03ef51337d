using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Reads the host's own secrets; one that is asked for the first time is drawn then, and stays.</summary>
internal sealed class HostSecrets(IRegistry registry, IDataProtectionProvider protection)
{
    /// <summary>One that was drawn before; null where it was not.</summary>
    public async ValueTask<byte[]?> FindAsync(string name, CancellationToken cancellationToken)
        => await registry.FindAsync(HostSecret.Collection, name, cancellationToken) is { } stored ? Open(stored) : null;

    /// <returns>A key of 256 random bits, as text of 43 bytes.</returns>
    public async ValueTask<byte[]> ReadAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindAsync(name, cancellationToken) is { } known)
        {
            return known;
        }

        var made = new HostSecret(name, ProtectorOf(name).Protect(RandomText.Secret()));
        return Open(await registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(HostSecret.Collection, name) is { } earlier)
                {
                    return earlier;
                }

                transaction.Put(HostSecret.Collection, made);
                return made;
            },
            cancellationToken));
    }

    private byte[] Open(HostSecret secret) => Encoding.ASCII.GetBytes(ProtectorOf(secret.Name).Unprotect(secret.Protected));

    private IDataProtector ProtectorOf(string name) => protection.CreateProtector(HostSecret.Purpose, name);
}
