using System.Security.Cryptography;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Changes;

/// <summary>Pages to test with, their Raw under a key of this process.</summary>
internal static class Pages
{
    private static readonly DataCiphers Key = new(new DataKey(1, "", default), RandomNumberGenerator.GetBytes(32));

    public static RawCipher CipherOf(TenantId tenant, ConnectionId connection) => new(new TenantCiphers(Key, new Dictionary<int, DataCiphers> { [1] = Key }), tenant, connection);

    public static EncodedPage Encode(TenantId tenant, ConnectionId connection, params Change<Sale>[] changes) =>
        RecordEncoder.Encode(new SyncPage<Sale>(changes, new Checkpoint("next")), CipherOf(tenant, connection));
}
