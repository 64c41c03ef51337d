using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Encrypts the services' own JSON of records, in bulk. Take a cipher once per page, not per record.</summary>
internal sealed class RawProtector(TenantKeys keys)
{
    /// <summary>For writing; makes the tenant's key where there is none.</summary>
    public async ValueTask<RawCipher> ForWritingAsync(TenantId tenant, ConnectionId connection, CancellationToken cancellationToken) =>
        new(await keys.GetOrCreateAsync(tenant, cancellationToken), tenant, connection);

    /// <exception cref="CredentialException">The tenant's key is gone.</exception>
    public async ValueTask<RawCipher> ForReadingAsync(TenantId tenant, ConnectionId connection, CancellationToken cancellationToken) =>
        new(await keys.GetAsync(tenant, cancellationToken), tenant, connection);
}
