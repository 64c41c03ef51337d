using System.Text;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Where a secret belongs. It decrypts nowhere else.</summary>
/// <param name="Name">access_token, refresh_token, api_key, or <c>fields.</c> and the name of a client-credential field.</param>
internal readonly record struct CredentialField(TenantId Tenant, ConnectionId Connection, string Name)
{
    public byte[] AssociatedData() => Encoding.UTF8.GetBytes($"{Tenant}\0{Connection}\0{Name}");
}
