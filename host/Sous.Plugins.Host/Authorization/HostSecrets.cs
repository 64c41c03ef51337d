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
        => await registry.FindAsync(HostSecret.Collection, name, cancellationToken) is { } stored
            ? Encoding.ASCII.GetBytes(protection.CreateProtector(HostSecret.Purpose, name).Unprotect(stored.Protected)) : null;

    /// <returns>A key of 256 random bits, as text of 43 bytes.</returns>
    public async ValueTask<byte[]> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var protector = protection.CreateProtector(HostSecret.Purpose, name);
        var stored = await registry.FindAsync(HostSecret.Collection, name, cancellationToken);
        if (stored is null)
        {
            var made = new HostSecret(name, protector.Protect(RandomText.Secret()));
            stored = await registry.WriteAsync(
                transaction =>
                {
                    if (transaction.Find(HostSecret.Collection, name) is { } earlier)
                    {
                        return earlier;
                    }

                    transaction.Put(HostSecret.Collection, made);
                    return made;
                },
                cancellationToken);
        }

        return Encoding.ASCII.GetBytes(protector.Unprotect(stored.Protected));
    }
}
